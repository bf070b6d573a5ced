-- The checkpoints of a generation that is not current: retired, so that no projector moves them.
INSERT INTO read.checkpoints (projection, generation, partition, position, applied_position, applied_event_id, retired)
SELECT $1, $2, reached.partition, reached.position, coalesce(reached.applied_position, 0), reached.applied_event_id, true
FROM unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::uuid[])
    AS reached (partition, position, applied_position, applied_event_id)
