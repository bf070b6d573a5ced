DELETE FROM read.leases WHERE projector_group = $1 AND instance = $2 AND partition = ANY ($3)
