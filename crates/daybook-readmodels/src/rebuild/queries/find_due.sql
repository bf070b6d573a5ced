-- What may be dropped: retired for longer than any query lasts ($1 seconds), or being built by a session that is gone. Never what
-- queries read, whatever its own row says.
SELECT projection, generation, state
FROM read.generations
WHERE (state = 'retired' AND since <= clock_timestamp() - make_interval(secs => $1)
       OR state = 'building' AND (projection, generation) NOT IN (SELECT projection, generation FROM read.running_builds))
    AND (projection, generation) NOT IN (SELECT projection, generation FROM read.projections)
ORDER BY projection, generation
