SELECT max(signed_at) FROM proof.checkpoints WHERE origin = $1
