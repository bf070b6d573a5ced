-- Full tiles are new, those at the edge are replaced as they grow.
INSERT INTO proof.tiles (origin, level, index, hashes)
SELECT $1, level, index, hashes FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS t (level, index, hashes)
ON CONFLICT ON CONSTRAINT tiles_pkey DO UPDATE SET hashes = excluded.hashes
