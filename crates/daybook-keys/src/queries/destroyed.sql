-- A page of those whose key was destroyed, after $1.
SELECT subject_id FROM keys.subjects WHERE key IS NULL AND subject_id > $1 ORDER BY subject_id LIMIT $2
