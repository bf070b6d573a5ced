-- Never over a newer one; one of other code (another fingerprint) is always replaced. The last of several of one stream
-- is taken, for ON CONFLICT refuses to touch a row twice.
INSERT INTO log.snapshots (stream_id, version, fingerprint, state)
SELECT DISTINCT ON (s.stream_id) s.stream_id, s.version, s.fingerprint, s.state::json
FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::integer[], $5::text[])
         AS s (stream_id, version, event_id, fingerprint, state)
-- A snapshot may have waited while the log was restored or a standby without the tail took over: what it folds may never
-- have happened.
CROSS JOIN LATERAL (
    SELECT 1
    FROM log.events
    WHERE events.stream_id = s.stream_id AND events.version = s.version AND events.event_id = s.event_id
) AS committed
ORDER BY s.stream_id, s.version DESC
ON CONFLICT ON CONSTRAINT snapshots_pkey DO UPDATE
SET version = excluded.version, fingerprint = excluded.fingerprint, state = excluded.state
WHERE snapshots.fingerprint <> excluded.fingerprint OR snapshots.version < excluded.version
