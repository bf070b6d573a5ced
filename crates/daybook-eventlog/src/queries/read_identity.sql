-- The first eight hex digits of a WAL file's name are the timeline. (Asked of a standby this fails, rightly: projectors,
-- loads and checks read the primary.)
SELECT log_id, partition_count, left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline FROM log.identity
