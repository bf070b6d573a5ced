-- Compare-and-set of many checkpoints. Fewer rows than asked for: one of them is somebody else's now, was retired, or
-- stands. NULL for the applied event: none was, the partition only moved with the head.
UPDATE read.checkpoints AS checkpoint
SET position = move.new_position,
    applied_position = coalesce(move.applied_position, checkpoint.applied_position),
    applied_event_id = coalesce(move.applied_event_id, checkpoint.applied_event_id)
FROM unnest(
    $1::text[], $2::integer[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[]
) AS move (projection, generation, partition, old_position, new_position, applied_position, applied_event_id)
WHERE checkpoint.projection = move.projection
    AND checkpoint.generation = move.generation
    AND checkpoint.partition = move.partition
    AND checkpoint.position = move.old_position
    AND NOT checkpoint.retired
    AND checkpoint.stopped_cause IS NULL
