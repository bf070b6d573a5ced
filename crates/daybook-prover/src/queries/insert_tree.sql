INSERT INTO proof.trees (origin, log_id) VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT trees_pkey DO NOTHING
