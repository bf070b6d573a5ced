-- Only for the session that built it.
UPDATE read.generations
SET state = 'current', since = clock_timestamp(), builder_pid = NULL, builder_started = NULL, phase = NULL
WHERE projection = $1 AND generation = $2 AND state IN ('building', 'kept') AND builder_pid = $3 AND builder_started = $4
