-- Rows that differ between two generations of a table; the key tells them apart.
SELECT
    count(*) OVER () AS differences,
    ({key_json})::text AS key,
    to_jsonb(one) AS live,
    to_jsonb(other) AS built
FROM {live} AS one
FULL JOIN {built} AS other USING ({key})
WHERE one IS DISTINCT FROM other
ORDER BY {key}
LIMIT $1
