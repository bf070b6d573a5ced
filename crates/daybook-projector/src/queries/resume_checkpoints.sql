-- Another try for what stands, whatever the cause. `attempts` is kept: it says how often it was tried.
UPDATE read.checkpoints
SET stopped_cause = NULL,
    stopped_position = NULL,
    stopped_event_id = NULL,
    stopped_error = NULL,
    stopped_since = NULL
WHERE projection = $1 AND generation = $2 AND NOT retired AND stopped_cause IS NOT NULL
