UPDATE read.checkpoints SET retired = $3 WHERE projection = $1 AND generation = $2
