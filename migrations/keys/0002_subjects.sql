-- The key of each data subject, or that there was one: a subject that was forgotten never gets another.
CREATE TABLE keys.subjects (
    subject_id   text        COLLATE "C" PRIMARY KEY,
    -- 32 bytes. NULL: destroyed.
    key          bytea       CHECK (octet_length(key) = 32),
    made_at      timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((key IS NULL) = (destroyed_at IS NOT NULL))
    -- What was destroyed stands in a dead row until it is vacuumed: within a minute.
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);

CREATE FUNCTION keys.refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of subject % was destroyed, and none can take its place', OLD.subject_id;
END
$$;

CREATE TRIGGER no_revival BEFORE UPDATE ON keys.subjects
    FOR EACH ROW WHEN (OLD.key IS NULL) EXECUTE FUNCTION keys.refuse_revival();

GRANT SELECT, INSERT ON keys.subjects TO daybook_command;
GRANT UPDATE (key, destroyed_at) ON keys.subjects TO daybook_command;
GRANT SELECT ON keys.subjects TO daybook_projector, daybook_query;
