INSERT INTO log.commands (command_id, first_position, event_count, content_hash)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::bytea[])
