-- Who is alive, said once for all who ask: projectors, rebuilds, the query service.

-- How long an instance may be silent before it is dead to the others. It says so itself with each heartbeat. (The default is
-- for instances of versions that did not.)
ALTER TABLE read.instances ADD COLUMN lease interval NOT NULL DEFAULT '3 s';
-- The database session of its last heartbeat. It ends with the process, and a killed instance need not be waited for.
ALTER TABLE read.instances ADD COLUMN session_pid integer;

-- Dead is who was silent for longer than its lease; or for a second, which is two heartbeats, and its session is gone.
-- One that is taken for dead by mistake, behind a pooler or after a failover, loses work and nothing else.
CREATE VIEW read.live_instances AS
SELECT projector_group, instance, projections, joined_at, beat_at
FROM read.instances
WHERE beat_at + lease >= clock_timestamp()
    AND (session_pid IS NULL OR beat_at + interval '1 s' >= clock_timestamp()
         OR EXISTS (SELECT FROM pg_stat_activity WHERE pid = session_pid));

-- The generations that a living session builds, or goes back to. A session of another role does not show when it began;
-- then its name tells it from one that came later and has the same number by chance.
CREATE VIEW read.running_builds AS
SELECT g.projection, g.generation, g.phase, g.events_done, g.events_total
FROM read.generations AS g
JOIN pg_stat_activity AS a
    ON a.pid = g.builder_pid
    AND coalesce(a.backend_start = g.builder_started, a.application_name = 'daybook-rebuild')
WHERE g.state IN ('building', 'kept');

GRANT SELECT ON read.live_instances, read.running_builds TO daybook_projector, daybook_query;
