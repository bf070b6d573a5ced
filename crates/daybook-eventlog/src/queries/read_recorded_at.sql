SELECT recorded_at FROM log.events WHERE position = $1
