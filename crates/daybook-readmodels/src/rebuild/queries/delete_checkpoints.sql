DELETE FROM read.checkpoints WHERE projection = $1 AND generation = $2
