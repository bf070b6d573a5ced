-- Which commands had their effect. A retry is recognised here and gets the first receipt, which is read from the events.
-- Refused commands are not kept: a refusal is no effect, and a retry is decided anew.
CREATE TABLE log.commands (
    command_id     text     COLLATE "C" NOT NULL CONSTRAINT commands_pkey PRIMARY KEY,
    first_position bigint   NOT NULL,
    event_count    integer  NOT NULL CHECK (event_count > 0),
    -- SHA-256 over command, expected version and actor: the same id with another content is refused.
    content_hash   bytea    NOT NULL
) WITH (
    autovacuum_freeze_min_age = 0,
    autovacuum_vacuum_insert_scale_factor = 0.05
);

GRANT SELECT, INSERT ON log.commands TO daybook_command;
GRANT SELECT ON log.commands TO daybook_query;
