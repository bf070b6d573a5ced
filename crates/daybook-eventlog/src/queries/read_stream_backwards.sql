SELECT position, prev_position, partition, stream_id, version, event_type, schema_version, event_id, data, metadata,
       recorded_at
FROM log.events
WHERE stream_id = $1 AND version BETWEEN $2 AND $3 AND (cardinality($4::text[]) = 0 OR event_type = ANY ($4))
ORDER BY version DESC
LIMIT $5
