SELECT generation, version FROM read.projections WHERE projection = $1
