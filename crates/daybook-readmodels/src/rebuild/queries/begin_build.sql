INSERT INTO read.generations (projection, generation, version, state, from_position, builder_pid, builder_started)
SELECT $1, max(generation) + 1, $2, 'building', $3, $4, $5
FROM read.generations
WHERE projection = $1
RETURNING generation
