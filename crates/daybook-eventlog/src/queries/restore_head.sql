UPDATE log.head SET position = $1, recorded_at = $2, partition_positions = $3
