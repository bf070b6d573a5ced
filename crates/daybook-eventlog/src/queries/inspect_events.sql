-- A page of events as they stand; $1 is the last position that the reader has.
SELECT position, prev_position, partition, stream_id, version, stream_type, event_type, schema_version, event_id,
       data::text AS data, metadata::text AS metadata, recorded_at
FROM log.events
WHERE position > $1 AND position <= $2
ORDER BY position
LIMIT $3
