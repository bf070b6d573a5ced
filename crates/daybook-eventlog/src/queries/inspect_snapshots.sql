SELECT stream_id, version, fingerprint, state::text AS state
FROM log.snapshots
WHERE stream_id > $1 AND ($2::text IS NULL OR stream_id <= $2)
ORDER BY stream_id
LIMIT $3
