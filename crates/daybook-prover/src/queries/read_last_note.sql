SELECT note FROM proof.checkpoints WHERE origin = $1 ORDER BY size DESC, signed_at DESC LIMIT 1
