-- There is one row. Asked for the highest position it is found by the index, at once; asked for plainly, by reading
-- through every dead version of itself that somebody's old snapshot keeps (60,000 moves: 6 ms instead of 0.01).
SELECT position, recorded_at, partition_positions FROM log.head ORDER BY position DESC LIMIT 1
