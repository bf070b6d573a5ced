-- One for each partition of the log; those that exist stay as they are.
INSERT INTO read.checkpoints (projection, generation, partition)
SELECT model.projection, model.generation, partition
FROM unnest($1::text[], $2::integer[]) AS model (projection, generation),
     generate_series(0, $3::integer - 1) AS partition
ON CONFLICT ON CONSTRAINT checkpoints_pkey DO NOTHING
