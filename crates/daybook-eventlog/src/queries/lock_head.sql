-- By the index, as in read_head.sql. Who waited here gets the row as it is after the wait.
SELECT position, recorded_at, partition_positions FROM log.head ORDER BY position DESC LIMIT 1 FOR UPDATE
