INSERT INTO log.events (position, prev_position, partition, version, recorded_at, event_id, schema_version, stream_id,
                        stream_type, event_type, data, metadata)
SELECT e.position, e.prev_position, e.partition, e.version, e.recorded_at, e.event_id, e.schema_version, e.stream_id,
       e.stream_type, e.event_type, e.data::json, e.metadata::json
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::integer[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
         AS e (position, prev_position, partition, version, recorded_at, event_id, schema_version, stream_id, stream_type,
               event_type, data, metadata)
