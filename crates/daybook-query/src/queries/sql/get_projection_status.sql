-- The current generation of each projection ($1; NULL: all), how far it is in each partition, and which live instance works
-- on it there: the lease is on a partition, for the projections that its holder runs. A projection without checkpoints has
-- one row with NULLs. (An instance is dead to the others after 3 s without a heartbeat.)
SELECT p.projection, p.generation, c.partition, c.position, c.stopped_cause, c.stopped_position, c.stopped_event_id,
       c.stopped_error, c.stopped_since, c.attempts, owner.instance AS owner
FROM read.projections p
LEFT JOIN read.checkpoints c ON c.projection = p.projection AND c.generation = p.generation
LEFT JOIN LATERAL (
    SELECT lease.instance
    FROM read.leases lease
    JOIN read.instances instance USING (projector_group, instance)
    WHERE lease.partition = c.partition
        AND (cardinality(instance.projections) = 0 OR p.projection = ANY (instance.projections))
        AND instance.beat_at >= clock_timestamp() - interval '3 s'
    ORDER BY instance.beat_at DESC
    LIMIT 1
) owner ON true
WHERE $1::text IS NULL OR p.projection = $1
ORDER BY p.projection, c.partition
