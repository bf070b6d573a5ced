UPDATE read.generations
SET state = 'retired', since = '-infinity', builder_pid = NULL, builder_started = NULL
WHERE projection = $1 AND generation = $2 AND state = 'building' AND builder_pid = $3 AND builder_started = $4
