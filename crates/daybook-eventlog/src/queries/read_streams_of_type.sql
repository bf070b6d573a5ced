-- By the unique index over streams and versions, from one stream id to the next. `.` is the character after `-`.
SELECT stream_id, max(version) AS version
FROM log.events
WHERE stream_id > $1 AND stream_id < $2
GROUP BY stream_id
ORDER BY stream_id
LIMIT $3
