UPDATE read.generations
SET state = 'retired', since = clock_timestamp(), builder_pid = NULL, builder_started = NULL
WHERE projection = $1 AND generation = $2 AND state = 'kept'
    AND (projection, generation) NOT IN (SELECT projection, generation FROM read.running_builds)
