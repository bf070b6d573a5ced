-- What may be dropped: retired for longer than any query lasts ($1 seconds), or being built by a session that is gone.
SELECT g.projection, g.generation, g.state
FROM read.generations AS g
LEFT JOIN pg_stat_activity AS a
    ON a.pid = g.builder_pid AND (a.backend_start IS NULL OR a.backend_start = g.builder_started)
WHERE (g.state = 'retired' AND g.since <= clock_timestamp() - make_interval(secs => $1))
    OR (g.state = 'building' AND a.pid IS NULL)
ORDER BY g.projection, g.generation
