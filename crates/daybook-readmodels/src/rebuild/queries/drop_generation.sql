UPDATE read.generations
SET state = 'dropped', since = clock_timestamp(), builder_pid = NULL, builder_started = NULL, phase = NULL
WHERE projection = $1 AND generation = $2 AND state = $3
