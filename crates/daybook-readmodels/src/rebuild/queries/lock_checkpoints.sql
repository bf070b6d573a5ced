-- Projectors wait from here on, for as long as the transaction takes.
SELECT partition, position FROM read.checkpoints
WHERE projection = $1 AND generation = $2
ORDER BY partition
FOR UPDATE
