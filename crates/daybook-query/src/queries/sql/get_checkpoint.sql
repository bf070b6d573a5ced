-- The newest checkpoint of each tree, or that of size $2; of these the one signed last.
SELECT newest.key_id, newest.signed_at, newest.note
FROM proof.trees t
CROSS JOIN LATERAL (
    SELECT key_id, signed_at, note
    FROM proof.checkpoints c
    WHERE c.origin = t.origin AND ($2 = 0 OR c.size = $2)
    ORDER BY c.size DESC, c.signed_at DESC
    LIMIT 1
) AS newest
WHERE $1 = '' OR t.origin = $1
ORDER BY newest.signed_at DESC
LIMIT 1
