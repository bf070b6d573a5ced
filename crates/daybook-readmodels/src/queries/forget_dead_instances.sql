-- Of all groups, since nobody else would clean up after a group that is gone. Leases go with their instances.
DELETE FROM read.instances WHERE beat_at < clock_timestamp() - make_interval(secs => $1)
