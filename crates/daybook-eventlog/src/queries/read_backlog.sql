-- What lies after the positions applied ($1, index 1 is partition 0), for each partition that has more. Partitions mostly
-- stand at a few positions together (all at the head, or all at the end of a page): from each such position the log is
-- looked through once, over at most $2 events in all.
WITH head AS MATERIALIZED (
    SELECT position, partition_positions FROM log.head ORDER BY position DESC LIMIT 1
), behind AS MATERIALIZED (
    SELECT applied.nth - 1 AS partition, applied.position
    FROM head, unnest($1::bigint[]) WITH ORDINALITY AS applied (position, nth)
    WHERE applied.position < head.partition_positions[applied.nth]
), starts AS MATERIALIZED (
    SELECT DISTINCT position FROM behind
), looked_at AS MATERIALIZED (
    SELECT starts.position AS start, event.partition, event.position, event.recorded_at
    FROM starts
    CROSS JOIN LATERAL (
        SELECT position, partition, recorded_at
        FROM log.events
        WHERE position > starts.position
        ORDER BY position
        LIMIT (SELECT greatest($2 / count(*), 1) FROM starts)
    ) AS event
), looks AS (
    SELECT start, count(*) AS events, max(position) AS last, max(recorded_at) AS last_recorded_at
    FROM looked_at GROUP BY start
), found AS (
    SELECT start, partition, count(*) AS events, min(recorded_at) AS oldest_recorded_at
    FROM looked_at GROUP BY start, partition
)
SELECT
    behind.partition::integer AS partition,
    coalesce(found.events, 0) AS found,
    coalesce(looks.events, 0) AS looked_at,
    -- The head was read in the same snapshot: it is at or past every event seen.
    (head.position - coalesce(looks.last, head.position))::bigint AS beyond,
    -- Where none was found yet the oldest comes after all that were looked at.
    greatest(
        extract(epoch FROM clock_timestamp() - coalesce(found.oldest_recorded_at, looks.last_recorded_at)), 0
    )::float8 AS oldest_age_seconds
FROM head
CROSS JOIN behind
LEFT JOIN looks ON looks.start = behind.position
LEFT JOIN found ON found.start = behind.position AND found.partition = behind.partition
