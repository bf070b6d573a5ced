-- The same key signs a size once: signatures of Ed25519 are always the same.
INSERT INTO proof.checkpoints (origin, size, key_id, note) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT checkpoints_pkey DO NOTHING
