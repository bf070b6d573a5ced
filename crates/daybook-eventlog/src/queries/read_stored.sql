-- Events column by column, unparsed, after $1 and up to $2.
SELECT position, prev_position, version, recorded_at, event_id, schema_version, partition, stream_id, stream_type,
       event_type, data::text AS data, metadata::text AS metadata
FROM log.events
WHERE position > $1 AND position <= $2
ORDER BY position
