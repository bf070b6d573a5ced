-- Events are immutable. No service role holds UPDATE, DELETE or TRUNCATE; this refuses them to everybody else, the owner
-- included. ALWAYS: otherwise session_replication_role = replica would pass by. A superuser can still drop the trigger;
-- only a copy of the log's hash kept elsewhere would tell.
CREATE FUNCTION log.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: the log is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- By statement: an UPDATE that would touch no row is refused as well.
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;

CREATE TRIGGER identity_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.identity
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.identity ENABLE ALWAYS TRIGGER identity_append_only;
