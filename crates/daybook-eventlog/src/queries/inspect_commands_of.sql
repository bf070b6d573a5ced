-- LATERAL with LIMIT keeps to the index whatever the planner thinks of the array.
SELECT c.command_id, c.first_position, c.event_count, c.content_hash, NULL::text AS first_event_command_id
FROM unnest($1::text[]) AS asked (command_id)
CROSS JOIN LATERAL (
    SELECT command_id, first_position, event_count, content_hash
    FROM log.commands
    WHERE commands.command_id = asked.command_id
    LIMIT 1
) AS c
