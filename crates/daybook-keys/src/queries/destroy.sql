-- Also where there was no key: a backup of the store may have taken it back to before the key was made.
INSERT INTO keys.subjects (subject_id, destroyed_at)
SELECT subject_id, now() FROM unnest($1::text[]) AS forgotten (subject_id)
ON CONFLICT (subject_id) DO UPDATE SET key = NULL, destroyed_at = now()
WHERE keys.subjects.key IS NOT NULL
