-- The events of those of the commands ($1) that had their effect, each command's in order. LATERAL with LIMIT keeps to
-- the indexes whatever the planner thinks of the array.
SELECT c.command_id, c.content_hash, e.stream_id, e.version, e.position, e.recorded_at
FROM unnest($1::text[]) AS asked (command_id)
CROSS JOIN LATERAL (
    SELECT command_id, content_hash, first_position, event_count
    FROM log.commands
    WHERE commands.command_id = asked.command_id
    LIMIT 1
) AS c
CROSS JOIN LATERAL (
    SELECT stream_id, version, position, recorded_at
    FROM log.events
    WHERE position >= c.first_position AND position < c.first_position + c.event_count
) AS e
ORDER BY e.position
