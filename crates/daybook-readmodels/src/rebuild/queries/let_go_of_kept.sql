-- Only the generation that is about to be replaced can be gone back to.
UPDATE read.generations
SET state = 'retired', since = clock_timestamp()
WHERE projection = $1 AND state = 'kept' AND generation <> $2
