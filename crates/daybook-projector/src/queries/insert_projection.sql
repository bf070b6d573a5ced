INSERT INTO read.projections (projection, generation, version)
VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT projections_pkey DO NOTHING
