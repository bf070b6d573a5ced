-- A page of a replay: the events at positions above $1 up to $2. Positions have no gaps, so a page is a range that is
-- known before it is read, and a sparse filter makes it short instead of slow. NULL: all types.
SELECT position, prev_position, partition, stream_id, version, event_type, schema_version, event_id, data, metadata,
       recorded_at
FROM log.events
WHERE position > $1 AND position <= $2
    AND ($3::text[] IS NULL OR stream_type = ANY ($3))
    AND ($4::text[] IS NULL OR event_type = ANY ($4))
ORDER BY position
