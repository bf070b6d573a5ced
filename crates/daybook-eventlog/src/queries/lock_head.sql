SELECT position, recorded_at, partition_positions FROM log.head FOR UPDATE
