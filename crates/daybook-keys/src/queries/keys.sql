SELECT subject_id, key FROM keys.subjects WHERE subject_id = ANY ($1::text[])
