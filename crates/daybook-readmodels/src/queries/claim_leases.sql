-- Takes partitions that were seen free or with a dead instance, each only if that is still so. In order of the partitions:
-- two who claim at once wait for one another instead of deadlocking.
INSERT INTO read.leases AS lease (projector_group, partition, instance)
SELECT $1, claim.partition, $2
FROM unnest($3::smallint[]) AS claim (partition)
ORDER BY claim.partition
ON CONFLICT ON CONSTRAINT leases_pkey
DO UPDATE SET instance = excluded.instance, claimed_at = clock_timestamp()
WHERE lease.instance <> ALL ($4::text[])
RETURNING lease.partition
