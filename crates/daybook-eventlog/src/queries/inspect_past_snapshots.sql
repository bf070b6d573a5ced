SELECT stream_id, mark, version, fingerprint, state::text AS state
FROM log.past_snapshots
WHERE (stream_id, mark) > ($1, $2) AND ($3::text IS NULL OR stream_id <= $3)
ORDER BY stream_id, mark
LIMIT $4
