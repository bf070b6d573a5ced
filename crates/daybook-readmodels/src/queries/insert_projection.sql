WITH made AS (
    INSERT INTO read.projections (projection, generation, version)
    VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT projections_pkey DO NOTHING
    RETURNING projection, generation, version
)
INSERT INTO read.generations (projection, generation, version, state)
SELECT projection, generation, version, 'current' FROM made
