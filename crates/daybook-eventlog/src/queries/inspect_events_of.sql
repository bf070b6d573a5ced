-- A page of one stream's events as they stand, of those at positions above $3 up to $4; $2 is the last version that the
-- reader has.
SELECT position, prev_position, partition, stream_id, version, stream_type, event_type, schema_version, event_id,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM log.events
WHERE stream_id = $1 AND version > $2 AND position > $3 AND position <= $4
ORDER BY version
LIMIT $5
