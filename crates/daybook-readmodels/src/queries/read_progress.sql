-- How far the current generation of each projection is in each partition, and why it goes no further.
SELECT p.projection, c.partition, c.position, c.stopped_cause
FROM read.projections p
JOIN read.checkpoints c ON c.projection = p.projection AND c.generation = p.generation
