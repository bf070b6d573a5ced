-- The first eight hex digits of a WAL file's name are the timeline. A standby writes no WAL: it knows the timeline of its last
-- restart point. (Whoever must not see less than was committed does not connect to one.)
SELECT log_id,
       partition_count,
       CASE WHEN pg_is_in_recovery()
            THEN lpad(to_hex((SELECT timeline_id FROM pg_control_checkpoint())), 8, '0')
            ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8)
       END AS timeline
FROM log.identity
