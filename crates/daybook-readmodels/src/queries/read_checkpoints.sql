SELECT checkpoint.projection, checkpoint.generation, partition, position, applied_position, applied_event_id, retired,
       stopped_cause, stopped_position, stopped_version
FROM read.checkpoints AS checkpoint
JOIN unnest($1::text[], $2::integer[]) AS model (projection, generation) USING (projection, generation)
WHERE partition = ANY ($3::smallint[])
ORDER BY checkpoint.projection, partition
