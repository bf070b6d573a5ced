-- The events at the positions $1, in order; nothing where the log has none.
SELECT position, prev_position, partition, stream_id, version, event_type, schema_version, event_id, data, metadata,
       recorded_at
FROM log.events
WHERE position = ANY ($1)
ORDER BY position
