SELECT instance, projections
FROM read.instances
WHERE projector_group = $1 AND beat_at >= clock_timestamp() - make_interval(secs => $2)
ORDER BY joined_at, instance
