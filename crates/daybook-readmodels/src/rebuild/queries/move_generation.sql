-- From $2 to $3, filled by version $4 of the code.
UPDATE read.projections SET generation = $3, version = $4 WHERE projection = $1 AND generation = $2
