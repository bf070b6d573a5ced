SELECT log_id, size FROM proof.trees WHERE origin = $1
