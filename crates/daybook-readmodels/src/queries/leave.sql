-- Its leases go with it.
DELETE FROM read.instances WHERE projector_group = $1 AND instance = $2
