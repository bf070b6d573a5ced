-- Generations of a projection whose tables are as this version of it has them, but for those that are being built.
SELECT generation FROM read.generations
WHERE projection = $1 AND version = $2 AND state IN ('current', 'kept')
ORDER BY generation
