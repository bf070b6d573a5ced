SELECT partition, instance FROM read.leases WHERE projector_group = $1
