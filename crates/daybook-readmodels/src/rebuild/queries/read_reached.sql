SELECT partition, position, applied_position, applied_event_id, stopped_cause FROM read.checkpoints
WHERE projection = $1 AND generation = $2
ORDER BY partition
