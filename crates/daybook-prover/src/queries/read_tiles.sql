-- Tiles by level and index, given as arrays.
SELECT t.level, t.index, t.hashes
FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, index)
CROSS JOIN LATERAL (
    SELECT level, index, hashes FROM proof.tiles
    WHERE origin = $1 AND level = wanted.level AND index = wanted.index
) AS t
