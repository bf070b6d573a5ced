-- The current generation of each projection ($1; none: all) and how far it is: in one partition ($2) and in those that
-- have stopped, or in all partitions ($2 NULL). A projection without checkpoints has one row with NULLs.
SELECT p.projection, p.generation, p.version, c.partition, c.position, c.stopped_cause, c.stopped_error
FROM read.projections p
LEFT JOIN read.checkpoints c
    ON c.projection = p.projection
    AND c.generation = p.generation
    AND ($2::integer IS NULL OR c.partition = $2 OR c.stopped_cause IS NOT NULL)
WHERE cardinality($1::text[]) = 0 OR p.projection = ANY ($1)
