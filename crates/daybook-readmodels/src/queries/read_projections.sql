SELECT projection, generation, version FROM read.projections WHERE projection = ANY ($1)
