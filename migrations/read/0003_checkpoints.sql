-- How far each generation of each projection is in each partition. A checkpoint moves by compare-and-set, first thing in
-- the transaction that writes the rows: who finds another position than it holds is not the owner any more.
CREATE TABLE read.checkpoints (
    projection       text     COLLATE "C" NOT NULL,
    generation       integer  NOT NULL,
    partition        smallint NOT NULL,
    -- All of this partition up to here is applied, whether or not the event at that position is its own.
    position         bigint   NOT NULL DEFAULT 0,
    -- The last event really applied, 0 and NULL before the first: compared with the log, it tells whether the log still
    -- is the one that these rows were folded from.
    applied_position bigint   NOT NULL DEFAULT 0,
    applied_event_id uuid,
    -- A retired checkpoint moves no more: another generation took over.
    retired          boolean  NOT NULL DEFAULT false,
    -- Why the partition is stopped, NULL while it is not: 'poison' (an event cannot be applied) or 'history' (the rows
    -- are ahead of a log that was restored).
    stopped_cause    text,
    stopped_position bigint,
    stopped_event_id uuid,
    stopped_error    text,
    stopped_since    timestamptz,
    attempts         integer  NOT NULL DEFAULT 0,
    CONSTRAINT checkpoints_pkey PRIMARY KEY (projection, generation, partition)
) WITH (
    -- Updated with every batch: room for new versions on the page keeps them off the index.
    fillfactor = 20,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0
);

GRANT SELECT, INSERT, UPDATE ON read.checkpoints TO daybook_projector;
GRANT SELECT ON read.checkpoints TO daybook_query;
