-- What lies after the positions applied ($1, index 1 is partition 0): counted over at most $2 events, from the lowest
-- position of a partition that has more.
WITH head AS MATERIALIZED (
    SELECT position, partition_positions FROM log.head ORDER BY position DESC LIMIT 1
), behind AS MATERIALIZED (
    SELECT min(applied.position) AS position
    FROM head, unnest($1::bigint[]) WITH ORDINALITY AS applied (position, nth)
    WHERE applied.position < head.partition_positions[applied.nth]
), looked_at AS (
    SELECT event.position, event.recorded_at, event.position > ($1::bigint[])[event.partition + 1] AS missing
    FROM behind
    CROSS JOIN LATERAL (
        SELECT position, partition, recorded_at
        FROM log.events
        WHERE position > behind.position
        ORDER BY position
        LIMIT $2
    ) AS event
)
SELECT
    count(*) AS looked_at,
    count(*) FILTER (WHERE missing) AS found,
    -- The head was read in the same snapshot: it is at or past every event seen.
    coalesce((SELECT position FROM head) - max(position), 0)::bigint AS beyond,
    coalesce(
        greatest(extract(epoch FROM clock_timestamp() - min(recorded_at) FILTER (WHERE missing)), 0), 0
    )::float8 AS oldest_age_seconds
FROM looked_at
