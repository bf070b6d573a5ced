-- One row, made with the log. With PostgreSQL's timeline it tells one history of the log from another, so that a message
-- or a checkpoint that belongs to another history is recognised.
CREATE TABLE log.identity (
    log_id          uuid        NOT NULL,
    -- How many slices the log has. Fixed for ever: every stored event carries its partition.
    partition_count smallint    NOT NULL CHECK (partition_count BETWEEN 1 AND 1024),
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- There is at most one row.
    only_row        boolean     NOT NULL DEFAULT true CHECK (only_row),
    CONSTRAINT identity_only_row_key UNIQUE (only_row)
);

GRANT SELECT ON log.identity TO daybook_command, daybook_projector, daybook_query;
