-- Under the projection's lock, and nobody works on them. No query ever read them, so they may be dropped at once.
UPDATE read.generations
SET state = 'retired', since = '-infinity', builder_pid = NULL, builder_started = NULL
WHERE projection = $1 AND state = 'building'
