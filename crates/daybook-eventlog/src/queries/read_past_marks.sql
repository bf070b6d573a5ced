SELECT mark FROM log.past_snapshots WHERE stream_id = $1 AND fingerprint = $2
