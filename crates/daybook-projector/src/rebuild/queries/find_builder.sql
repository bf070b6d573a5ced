-- The generation that a living session works on. A session of another role shows its number and not when it began.
SELECT g.generation, g.phase, g.events_done, g.events_total
FROM read.generations AS g
JOIN pg_stat_activity AS a
    ON a.pid = g.builder_pid AND (a.backend_start IS NULL OR a.backend_start = g.builder_started)
WHERE g.projection = $1
