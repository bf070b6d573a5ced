-- The snapshot of stream $1 that other code than $2 did not make and that is the nearest up to version $3.
SELECT version, state::text AS state
FROM (
    SELECT version, state
    FROM log.snapshots
    WHERE stream_id = $1 AND fingerprint = $2 AND version <= $3
    UNION ALL
    (
        SELECT version, state
        FROM log.past_snapshots
        WHERE stream_id = $1 AND mark <= $3 AND fingerprint = $2 AND version <= $3
        ORDER BY mark DESC
        LIMIT 1
    )
) AS usable
ORDER BY version DESC
LIMIT 1
