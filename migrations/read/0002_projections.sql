-- Which build of a projection's tables queries read. Tables carry the generation in their names
-- (read.accounts_1); which one is current is this row, so that a swap is one short transaction and no query waits.
CREATE TABLE read.projections (
    projection text    COLLATE "C" NOT NULL CONSTRAINT projections_pkey PRIMARY KEY,
    -- The current generation.
    generation integer NOT NULL CHECK (generation > 0),
    -- Version of the projection's code that filled it.
    version    integer NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON read.projections TO daybook_projector;
GRANT SELECT ON read.projections TO daybook_query;
