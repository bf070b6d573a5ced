-- Folded states between the start of a long stream and its newest snapshot, so that a state as of any moment is folded from
-- close by. A cache like log.snapshots: it may be emptied at any time and costs only time.
CREATE TABLE log.past_snapshots (
    stream_id   text    COLLATE "C" NOT NULL,
    -- The multiple of the spacing that the version has reached (daybook-eventlog/src/snapshot.rs). One row each, so that
    -- their number is bounded, whichever code made them.
    mark        bigint  NOT NULL,
    -- As in log.snapshots. The version is the mark, or a little more where one command has many events.
    version     bigint  NOT NULL,
    fingerprint integer NOT NULL,
    state       json    NOT NULL,
    CONSTRAINT past_snapshots_pkey PRIMARY KEY (stream_id, mark)
);

GRANT SELECT, INSERT, UPDATE ON log.past_snapshots TO daybook_command;
-- The projector's role is that of `daybook verify`.
GRANT SELECT ON log.past_snapshots TO daybook_query, daybook_projector;
