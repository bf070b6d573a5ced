-- Rows that differ between two generations of a table, in some partitions ($2; NULL: in all); the key tells them apart.
SELECT
    count(*) OVER () AS differences,
    ({key_json})::text AS key,
    to_jsonb(one) AS live,
    to_jsonb(other) AS built
FROM (SELECT * FROM {live} WHERE $2::smallint[] IS NULL OR partition = ANY ($2)) AS one
FULL JOIN (SELECT * FROM {built} WHERE $2::smallint[] IS NULL OR partition = ANY ($2)) AS other USING ({key})
WHERE one IS DISTINCT FROM other
ORDER BY {key}
LIMIT $1
