-- The generations of each projection's tables, from the first row that a rebuild writes to the day they are dropped.
-- read.projections says which one is current; this says what the others are, and is changed in the same transactions.
CREATE TABLE read.generations (
    projection      text        COLLATE "C" NOT NULL,
    -- Never given out twice: who was paused for an hour must not wake up and write into tables of somebody else's.
    generation      integer     NOT NULL CHECK (generation > 0),
    -- Version of the projection's code that fills it.
    version         integer     NOT NULL,
    -- 'building': a rebuild fills it beside the current one.
    -- 'current': queries read it, projectors fill it.
    -- 'kept': it was current and can be again (rollback); its tables stand where they stood.
    -- 'retired': nobody needs it any more; its tables go as soon as no query can be reading them.
    -- 'dropped': its tables are gone.
    state           text        NOT NULL CHECK (state IN ('building', 'current', 'kept', 'retired', 'dropped')),
    since           timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Its rows are the fold of the log after this position; 0: of the whole log.
    from_position   bigint      NOT NULL DEFAULT 0,
    -- The database session of the rebuild or rollback that works on it, NULL while none does. A session that
    -- pg_stat_activity does not list any more was killed, and what it built is abandoned.
    builder_pid     integer,
    builder_started timestamptz,
    -- How far that is.
    phase           text,
    events_done     bigint,
    events_total    bigint,
    CONSTRAINT generations_pkey PRIMARY KEY (projection, generation)
);
-- Two rebuilds of one projection at once: the second is refused, by this if by nothing else.
CREATE UNIQUE INDEX generations_one_building ON read.generations (projection) WHERE state = 'building';
CREATE UNIQUE INDEX generations_one_current ON read.generations (projection) WHERE state = 'current';
CREATE UNIQUE INDEX generations_one_kept ON read.generations (projection) WHERE state = 'kept';

INSERT INTO read.generations (projection, generation, version, state)
SELECT projection, generation, version, 'current' FROM read.projections;

GRANT SELECT, INSERT, UPDATE ON read.generations TO daybook_projector;
GRANT SELECT ON read.generations TO daybook_query;
-- Those of dropped tables.
GRANT DELETE ON read.checkpoints TO daybook_projector;
