-- Another try for what stands in some partitions, whatever the cause. Where it stood is kept, and how often it was tried: a
-- stop at the same event counts on.
UPDATE read.checkpoints AS checkpoint
SET stopped_cause = NULL,
    stopped_error = NULL,
    stopped_since = NULL
FROM unnest($1::text[], $2::integer[], $3::smallint[]) AS standing (projection, generation, partition)
WHERE checkpoint.projection = standing.projection
    AND checkpoint.generation = standing.generation
    AND checkpoint.partition = standing.partition
    AND NOT retired AND stopped_cause IS NOT NULL
