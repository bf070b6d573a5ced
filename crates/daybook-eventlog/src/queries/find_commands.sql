-- The events of those of the commands ($1) that had their effect, each command's in order. LATERAL keeps to the index on
-- position whatever the planner thinks of the array.
SELECT c.command_id, c.content_hash, e.stream_id, e.version, e.position, e.recorded_at
FROM log.commands AS c
CROSS JOIN LATERAL (
    SELECT stream_id, version, position, recorded_at
    FROM log.events
    WHERE position >= c.first_position AND position < c.first_position + c.event_count
) AS e
WHERE c.command_id = ANY ($1)
ORDER BY e.position
