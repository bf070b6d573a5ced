-- One statement, one snapshot: an event beyond the head is then one that the head does not know, not one that came later.
SELECT head.position, head.recorded_at, head.partition_positions, identity.partition_count,
       (SELECT count(*) FROM log.head) AS heads,
       coalesce((SELECT max(position) FROM log.events), 0) AS last_position
FROM log.identity
CROSS JOIN (SELECT position, recorded_at, partition_positions FROM log.head ORDER BY position DESC LIMIT 1) AS head
