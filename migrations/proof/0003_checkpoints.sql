-- Every checkpoint that was ever signed: what `daybook verify` holds against the log. Copies that are kept elsewhere are
-- what protects from whoever can change both.
CREATE TABLE proof.checkpoints (
    origin    text        COLLATE "C" NOT NULL,
    -- Leaves of the tree.
    size      bigint      NOT NULL CHECK (size > 0),
    -- Which key of that name signed.
    key_id    bigint      NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The signed note, to the byte; its text has the root.
    note      text        NOT NULL,
    CONSTRAINT checkpoints_pkey PRIMARY KEY (origin, size, key_id)
);

GRANT SELECT, INSERT ON proof.checkpoints TO daybook_prover;
GRANT SELECT ON proof.checkpoints TO daybook_query, daybook_projector;

-- What was signed is not changed; as for log.events, a superuser can still do it.
CREATE FUNCTION proof.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: signed checkpoints are append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON proof.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION proof.refuse_change();
ALTER TABLE proof.checkpoints ENABLE ALWAYS TRIGGER checkpoints_append_only;
