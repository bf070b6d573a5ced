-- A stream whose versions are not 1, 2, 3 …: they are unique, so counting them is enough.
SELECT stream_id, count(*) AS events, min(version) AS first, max(version) AS last
FROM log.events
GROUP BY stream_id
HAVING min(version) <> 1 OR max(version) <> count(*)
LIMIT 1
