-- The leanest table that is still a log.
CREATE SEQUENCE positions CACHE 1;
CREATE TABLE events (
    position    bigint      PRIMARY KEY DEFAULT nextval('positions'),
    stream_id   text        COLLATE "C" NOT NULL,
    version     bigint      NOT NULL,
    event_id    uuid        NOT NULL,
    event_type  text        COLLATE "C" NOT NULL,
    data        text        NOT NULL,
    metadata    text        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (stream_id, version)
);
