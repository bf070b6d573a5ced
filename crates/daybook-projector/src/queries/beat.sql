-- One that comes back after its lease ran out joins anew: its old place in the order is others' now.
INSERT INTO read.instances AS instance (projector_group, instance, projections)
VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT instances_pkey
DO UPDATE SET
    beat_at = clock_timestamp(),
    joined_at = CASE
        WHEN instance.beat_at < clock_timestamp() - make_interval(secs => $4) THEN clock_timestamp()
        ELSE instance.joined_at
    END
