UPDATE read.generations
SET state = 'retired', since = clock_timestamp()
WHERE projection = $1 AND generation = $2 AND state = 'current'
