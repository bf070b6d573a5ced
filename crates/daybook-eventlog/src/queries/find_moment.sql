-- The last event of stream $1 with a version up to $2, a position up to $3 and a time up to $4 (NULL: any). Positions and
-- times never decrease with version, so it is found by halving, through the index of streams.
WITH RECURSIVE halving (low, high) AS (
    SELECT
        0::bigint,
        1 + least($2, coalesce(
            (SELECT version FROM log.events WHERE stream_id = $1 ORDER BY version DESC LIMIT 1), 0))
    UNION ALL
    SELECT
        CASE WHEN probe.counts THEN middle.version ELSE low END,
        CASE WHEN probe.counts THEN high ELSE middle.version END
    FROM halving
    CROSS JOIN LATERAL (SELECT low + (high - low) / 2 AS version) AS middle
    LEFT JOIN LATERAL (
        SELECT position <= $3 AND ($4::timestamptz IS NULL OR recorded_at <= $4) AS counts
        FROM log.events
        WHERE stream_id = $1 AND events.version = middle.version
    ) AS probe ON true
    WHERE high - low > 1
)
SELECT event.version, event.position, event.recorded_at
FROM halving
JOIN log.events AS event ON event.stream_id = $1 AND event.version = halving.low
WHERE high - low <= 1
