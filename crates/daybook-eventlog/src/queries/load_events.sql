-- The events of each stream ($1) after the version that is there already ($2). LATERAL reads each stream through its
-- index, even where the plan was made on an empty table.
SELECT e.*
FROM unnest($1::text[], $2::bigint[]) AS asked (stream_id, version)
CROSS JOIN LATERAL (
    SELECT position, prev_position, partition, stream_id, version, event_type, schema_version, event_id, data, metadata,
           recorded_at
    FROM log.events
    WHERE events.stream_id = asked.stream_id AND events.version > asked.version
    ORDER BY events.version
) AS e
