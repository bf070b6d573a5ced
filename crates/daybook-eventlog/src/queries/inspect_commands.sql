-- A page of commands in the order of their ids; $1 is the last one that the reader has.
SELECT c.command_id, c.first_position, c.event_count, c.content_hash, e.command_id AS first_event_command_id
FROM (SELECT * FROM log.commands WHERE command_id > $1 ORDER BY command_id LIMIT $2) AS c
LEFT JOIN LATERAL (
    SELECT metadata->>'command_id' AS command_id FROM log.events WHERE position = c.first_position
) AS e ON true
ORDER BY c.command_id
