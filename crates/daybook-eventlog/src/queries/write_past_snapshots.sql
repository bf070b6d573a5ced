-- One a mark; one of other code (another fingerprint) is replaced. Of several with one mark the last is taken. What they fold
-- must be in the log, as in write_snapshots.sql.
INSERT INTO log.past_snapshots (stream_id, mark, version, fingerprint, state)
SELECT DISTINCT ON (s.stream_id, s.mark) s.stream_id, s.mark, s.version, s.fingerprint, s.state::json
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[], $5::integer[], $6::text[])
         AS s (stream_id, mark, version, event_id, fingerprint, state)
CROSS JOIN LATERAL (
    SELECT 1
    FROM log.events
    WHERE events.stream_id = s.stream_id AND events.version = s.version AND events.event_id = s.event_id
) AS committed
ORDER BY s.stream_id, s.mark, s.version
ON CONFLICT ON CONSTRAINT past_snapshots_pkey DO UPDATE
SET version = excluded.version, fingerprint = excluded.fingerprint, state = excluded.state
WHERE past_snapshots.fingerprint <> excluded.fingerprint
