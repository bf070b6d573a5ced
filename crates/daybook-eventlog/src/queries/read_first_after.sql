-- The first event of a partition after a position, by walking the log: about as many rows as there are partitions.
SELECT position, recorded_at FROM log.events WHERE position > $1 AND partition = $2 ORDER BY position LIMIT 1
