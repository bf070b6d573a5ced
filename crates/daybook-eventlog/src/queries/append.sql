-- One batch, one statement, one transaction. The head moves only from the position that the appender knows ($1): where
-- it stands elsewhere, `moved` is empty and so is everything fed from it. The UPDATE comes first and waits for whoever
-- holds the head; READ COMMITTED then checks the position again.
WITH moved AS (
    UPDATE log.head
    SET position            = $2,
        -- Never decreases with position, whatever the clock does.
        recorded_at         = greatest(recorded_at, clock_timestamp()),
        partition_positions = $3
    WHERE position = $1
        -- Not after a jump of the clock into the future: whatever came later would have that time too.
        AND greatest(recorded_at, clock_timestamp()) <= $19
    RETURNING recorded_at
), appended_commands AS (
    INSERT INTO log.commands (command_id, first_position, event_count, content_hash)
    SELECT c.command_id, c.first_position, c.event_count, c.content_hash
    FROM moved,
         unnest($4::text[], $5::bigint[], $6::integer[], $7::bytea[])
             AS c (command_id, first_position, event_count, content_hash)
), appended_events AS (
    INSERT INTO log.events (position, prev_position, partition, version, recorded_at, event_id, schema_version,
                            stream_id, stream_type, event_type, data, metadata)
    SELECT e.position, e.prev_position, e.partition, e.version, moved.recorded_at, e.event_id, e.schema_version,
           e.stream_id, e.stream_type, e.event_type, e.data::json, e.metadata::json
    FROM moved,
         unnest($8::bigint[], $9::bigint[], $10::integer[], $11::bigint[], $12::uuid[], $13::integer[], $14::text[],
                $15::text[], $16::text[], $17::text[], $18::text[])
             AS e (position, prev_position, partition, version, event_id, schema_version, stream_id, stream_type,
                   event_type, data, metadata)
)
-- One row in any case: where the head did not move, the clock may tell why.
SELECT moved.recorded_at,
       extract(epoch FROM moved.recorded_at - clock_timestamp())::double precision AS clamp_seconds,
       clock_timestamp() AS clock
FROM (SELECT 1) AS one LEFT JOIN moved ON true
