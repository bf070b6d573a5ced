-- Whoever begins something on a projection's generations does it under this lock. Projectors and queries only read the row.
SELECT generation, version FROM read.projections WHERE projection = $1 FOR UPDATE
