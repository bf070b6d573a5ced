SELECT s.stream_id, s.version, s.state::text AS state
FROM unnest($1::text[], $2::integer[]) AS asked (stream_id, fingerprint)
CROSS JOIN LATERAL (
    SELECT stream_id, version, state
    FROM log.snapshots
    WHERE snapshots.stream_id = asked.stream_id AND snapshots.fingerprint = asked.fingerprint
) AS s
