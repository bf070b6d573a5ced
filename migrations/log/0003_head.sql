-- One row: where the log ends. Every append moves it by compare-and-set and so holds its lock until commit; that makes
-- positions gapless and commit order their order.
CREATE TABLE log.head (
    -- The last position, 0 while the log is empty. It IS the primary key: a row that is looked up by the position one
    -- knows is found at once, a row under a constant key would be found through every dead version of itself.
    position            bigint      NOT NULL CONSTRAINT head_pkey PRIMARY KEY CHECK (position >= 0),
    -- The last event's time; the next one's is never lower.
    recorded_at         timestamptz NOT NULL,
    -- For each partition (index 1 is partition 0) the position of its last event, 0 while it has none.
    partition_positions bigint[]    NOT NULL
) WITH (
    -- Room for new versions of the row on its page; thousands of them a second die young.
    fillfactor = 10,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 0
);

GRANT SELECT, UPDATE ON log.head TO daybook_command;
GRANT SELECT ON log.head TO daybook_projector, daybook_query;
