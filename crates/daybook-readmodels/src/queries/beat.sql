-- One that comes back after its lease ran out joins anew: its old place in the order is others' now.
INSERT INTO read.instances AS instance (projector_group, instance, projections, lease, session_pid)
VALUES ($1, $2, $3, make_interval(secs => $4), pg_backend_pid())
ON CONFLICT ON CONSTRAINT instances_pkey
DO UPDATE SET
    beat_at = clock_timestamp(),
    lease = excluded.lease,
    session_pid = excluded.session_pid,
    joined_at = CASE
        WHEN instance.beat_at + instance.lease < clock_timestamp() THEN clock_timestamp()
        ELSE instance.joined_at
    END
