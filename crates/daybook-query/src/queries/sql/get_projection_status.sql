-- The current generation of each projection ($1; NULL: all), how far it is in each partition, which live instance works on it
-- there, and the rebuild that makes its next generation. (A lease is on a partition, for the projections that its holder
-- runs.) A projection without checkpoints has one row with NULLs.
SELECT p.projection, p.generation, c.partition, c.position, c.stopped_cause, c.stopped_position, c.stopped_event_id,
       c.stopped_error, c.stopped_since, c.attempts, owner.instance AS owner,
       build.generation AS build_generation, build.phase AS build_phase, build.events_done, build.events_total
FROM read.projections p
LEFT JOIN read.checkpoints c ON c.projection = p.projection AND c.generation = p.generation
LEFT JOIN LATERAL (
    SELECT lease.instance
    FROM read.leases lease
    JOIN read.live_instances instance USING (projector_group, instance)
    WHERE lease.partition = c.partition
        AND (cardinality(instance.projections) = 0 OR p.projection = ANY (instance.projections))
    ORDER BY instance.beat_at DESC
    LIMIT 1
) owner ON true
LEFT JOIN read.running_builds build ON build.projection = p.projection
WHERE $1::text IS NULL OR p.projection = $1
ORDER BY p.projection, c.partition
