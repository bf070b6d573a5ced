SELECT instance, projections FROM read.live_instances WHERE projector_group = $1 ORDER BY joined_at, instance
