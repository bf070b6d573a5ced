-- A page of the log in order; $1 is the last position that the reader has.
SELECT position, prev_position, partition, stream_id, version, event_type, schema_version, event_id, data, metadata,
       recorded_at
FROM log.events
WHERE position > $1
ORDER BY position
LIMIT $2
