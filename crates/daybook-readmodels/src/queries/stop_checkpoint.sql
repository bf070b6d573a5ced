-- Compare-and-set as well: who is not the owner any more stops nothing.
UPDATE read.checkpoints
SET stopped_cause = $5,
    stopped_position = $6,
    stopped_event_id = $7,
    stopped_error = $8,
    stopped_version = $9,
    stopped_since = clock_timestamp(),
    attempts = CASE WHEN stopped_position = $6 THEN attempts + 1 ELSE 1 END
WHERE projection = $1 AND generation = $2 AND partition = $3 AND position = $4
    AND NOT retired AND stopped_cause IS NULL
