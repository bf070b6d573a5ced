-- A page of events in the order of streams and versions; $1 and $2 are the last that the reader has. The payloads of the
-- partitions $3 only (NULL: all), the events of stream $5 only (NULL: of all).
SELECT stream_id, version, position, event_type, schema_version,
       CASE WHEN $3::smallint[] IS NULL OR partition = ANY ($3) THEN data::text END AS data
FROM log.events
WHERE (stream_id, version) > ($1, $2) AND ($5::text IS NULL OR stream_id <= $5)
ORDER BY stream_id, version
LIMIT $4
