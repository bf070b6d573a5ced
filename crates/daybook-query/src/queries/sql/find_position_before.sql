-- The position of the last event up to $2 that was recorded before $1; 0 when there is none. Times never decrease with
-- position, so it is found by halving: some thirty look-ups among a billion rows. A position may lack its row, because
-- an operator had the event skipped; the next one there is then looked at.
WITH RECURSIVE halving (low, high) AS (
    SELECT 0::bigint, $2::bigint + 1
    UNION ALL
    SELECT
        CASE WHEN probe.is_before THEN probe.position ELSE low END,
        CASE WHEN probe.is_before THEN high ELSE middle.position END
    FROM halving
    CROSS JOIN LATERAL (SELECT low + (high - low) / 2 AS position) AS middle
    LEFT JOIN LATERAL (
        SELECT position, recorded_at < $1 AS is_before
        FROM read.audit_{generation} AS event
        WHERE event.position >= middle.position AND event.position < high
        ORDER BY event.position
        LIMIT 1
    ) AS probe ON true
    WHERE high - low > 1
)
SELECT low FROM halving WHERE high - low <= 1
