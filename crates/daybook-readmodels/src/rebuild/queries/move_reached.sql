-- Compare-and-set, as for projectors, but of checkpoints that no projector moves. Fewer rows than asked for: somebody
-- else works on this generation.
UPDATE read.checkpoints AS checkpoint
SET position = move.new_position,
    applied_position = coalesce(move.applied_position, checkpoint.applied_position),
    applied_event_id = coalesce(move.applied_event_id, checkpoint.applied_event_id)
FROM unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[])
    AS move (partition, old_position, new_position, applied_position, applied_event_id)
WHERE checkpoint.projection = $1
    AND checkpoint.generation = $2
    AND checkpoint.partition = move.partition
    AND checkpoint.position = move.old_position
    AND checkpoint.retired
