-- Checkpoints of live generations that cannot be right, in a log of $2 partitions. Where there is none at all, no projector has
-- begun.
WITH live AS (
    SELECT c.* FROM read.checkpoints AS c JOIN read.projections USING (projection, generation)
    WHERE projection = ANY ($1)
)
SELECT projection, generation, partition::integer, 'row' AS field, 'there' AS expected, 'missing' AS found
FROM (SELECT DISTINCT projection, generation FROM live) AS begun
CROSS JOIN generate_series(0, $2::integer - 1) AS partition
WHERE NOT EXISTS (
    SELECT FROM live
    WHERE (live.projection, live.generation, live.partition) = (begun.projection, begun.generation, partition.partition)
)
UNION ALL
SELECT projection, generation, partition, 'row', 'none', 'there' FROM live WHERE partition NOT BETWEEN 0 AND $2::integer - 1
UNION ALL
SELECT projection, generation, partition, 'retired', 'false', 'true' FROM live WHERE retired
UNION ALL
SELECT projection, generation, partition, 'applied_position', 'at most ' || position, applied_position::text
FROM live WHERE applied_position > position
UNION ALL
SELECT projection, generation, partition, 'applied_event_id', 'the event at ' || applied_position,
       coalesce(applied_event_id::text, 'none')
FROM live WHERE (applied_position = 0) <> (applied_event_id IS NULL)
ORDER BY 1, 3, 4
