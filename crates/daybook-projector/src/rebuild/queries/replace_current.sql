-- Up to $3 the projection's stream was read: it may know of the decisions until then, and of none later.
UPDATE read.generations
SET state = 'retired', since = clock_timestamp(), decided_version = $3
WHERE projection = $1 AND generation = $2 AND state = 'current'
