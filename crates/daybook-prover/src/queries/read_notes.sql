SELECT size, key_id, note FROM proof.checkpoints
WHERE origin = $1 AND (size, key_id) > ($2, $3) ORDER BY size, key_id LIMIT $4
