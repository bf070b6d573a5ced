-- Folded states, one a stream: a cache. It may be emptied at any time and costs only time.
CREATE TABLE log.snapshots (
    stream_id   text    COLLATE "C" NOT NULL CONSTRAINT snapshots_pkey PRIMARY KEY,
    -- The state is the fold of the stream's events 1 ..= version.
    version     bigint  NOT NULL,
    -- The version of the evolve code that made the state; one that does not match is ignored.
    fingerprint integer NOT NULL,
    state       json    NOT NULL
) WITH (fillfactor = 70);

-- DELETE is for the owner: services only ever replace an older one by a newer one.
GRANT SELECT, INSERT, UPDATE ON log.snapshots TO daybook_command;
GRANT SELECT ON log.snapshots TO daybook_query;
