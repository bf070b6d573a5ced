UPDATE read.generations
SET builder_pid = $2, builder_started = $3
WHERE projection = $1 AND state = 'kept'
RETURNING generation, version, from_position
