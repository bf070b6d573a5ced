-- As read_stored.sql, at the positions $1.
SELECT position, prev_position, version, recorded_at, event_id, schema_version, partition, stream_id, stream_type,
       event_type, data::text AS data, metadata::text AS metadata
FROM log.events
WHERE position = ANY($1)
ORDER BY position
