SELECT stream_id, version FROM log.snapshots WHERE stream_id > $1 ORDER BY stream_id LIMIT $2
