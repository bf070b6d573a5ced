INSERT INTO keys.subjects (subject_id, key)
SELECT * FROM unnest($1::text[], $2::bytea[])
ON CONFLICT (subject_id) DO NOTHING
