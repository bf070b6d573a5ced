-- Nobody appends from here on until the restore has committed.
SELECT head.position, coalesce((SELECT max(position) FROM log.events), 0) AS last_position, identity.partition_count
FROM log.head CROSS JOIN log.identity
FOR UPDATE OF head
