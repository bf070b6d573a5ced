-- The first of some tables ($1) that is not there, or on which this role lacks the right of the same place in $2. By the
-- catalogue, which every role may read, and without a cast to regclass, which refuses where the schema may not be used.
SELECT need.name, need.right, tables.oid IS NOT NULL AS there, current_user::text AS role
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS need (name, "right", place)
LEFT JOIN pg_catalog.pg_namespace schemas ON schemas.nspname = split_part(need.name, '.', 1)
LEFT JOIN pg_catalog.pg_class tables
    ON tables.relnamespace = schemas.oid AND tables.relname = split_part(need.name, '.', 2)
WHERE tables.oid IS NULL
    OR NOT has_schema_privilege(schemas.oid, 'USAGE')
    OR NOT has_table_privilege(tables.oid, need.right)
ORDER BY need.place
LIMIT 1
