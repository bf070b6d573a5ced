-- The projectors that run, a row each for as long as they live. All times are by this database's clock, so that the clocks
-- of the machines do not matter.
CREATE TABLE read.instances (
    projector_group text        COLLATE "C" NOT NULL,
    -- Host, process and chance: `web-1-4711-3fa9c2d1`.
    instance        text        COLLATE "C" NOT NULL,
    -- What it was told to run, sorted; empty: all. Instances of one group must agree on it.
    projections     text[]      NOT NULL,
    -- Shares are given out in this order, so that one that joins takes from the others and moves nothing between them.
    joined_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Its last heartbeat. One that is silent for longer than a lease is dead to the others.
    beat_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT instances_pkey PRIMARY KEY (projector_group, instance)
) WITH (
    -- Updated twice a second by each.
    fillfactor = 50,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0
);

GRANT SELECT, INSERT, UPDATE, DELETE ON read.instances TO daybook_projector;
GRANT SELECT ON read.instances TO daybook_query;
