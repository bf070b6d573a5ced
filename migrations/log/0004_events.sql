-- The log itself. Rows are only ever added; see 0005_append_only.sql. Columns of fixed width come first, so that no byte
-- is lost to alignment.
CREATE TABLE log.events (
    -- Place in the whole log: 1, 2, 3 … without gaps, in commit order.
    position       bigint      NOT NULL,
    -- Place of the event before it in the same partition, 0 for the first: who holds that one has missed nothing.
    prev_position  bigint      NOT NULL,
    -- Number in its stream: 1, 2, 3 … without gaps.
    version        bigint      NOT NULL,
    -- Never decreases with position: the greater of the clock and the head's last.
    recorded_at    timestamptz NOT NULL,
    -- UUIDv7 of the appender; by it an append with unknown outcome is found again.
    event_id       uuid        NOT NULL,
    -- The version of the payload's shape.
    schema_version integer     NOT NULL,
    -- FNV-1a 64 of stream_id modulo identity.partition_count, computed by the appender.
    partition      smallint    NOT NULL,
    stream_id      text        COLLATE "C" NOT NULL,
    -- The aggregate type.
    stream_type    text        COLLATE "C" NOT NULL,
    event_type     text        COLLATE "C" NOT NULL,
    -- json, not jsonb: the exact text that was appended, so that a hash over it can be checked for ever.
    data           json        NOT NULL,
    metadata       json        NOT NULL,
    -- Serves reading the log in order, and refuses a position twice.
    CONSTRAINT events_position_key UNIQUE (position),
    -- Serves loading a stream, and refuses a version twice.
    CONSTRAINT events_stream_version_key UNIQUE (stream_id, version)
    -- There is no third index: what is searched by actor, time or correlation is a read model.
) WITH (
    -- Rows never change: freeze them on the first visit, and visit often while the pages are still in memory.
    autovacuum_freeze_min_age = 0,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

GRANT SELECT, INSERT ON log.events TO daybook_command;
GRANT SELECT ON log.events TO daybook_projector, daybook_query;
