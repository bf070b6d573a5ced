-- The command service makes keys and destroys them. It never gives a subject that has one another one: what was sealed under the
-- first would be lost, which is what destroying is for, on record.
CREATE FUNCTION keys.refuse_replacement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of subject % is destroyed or stays as it is', OLD.subject_id
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER no_replacement BEFORE UPDATE ON keys.subjects
    FOR EACH ROW WHEN (OLD.key IS NOT NULL AND (NEW.key IS NOT NULL OR NEW.subject_id <> OLD.subject_id))
    EXECUTE FUNCTION keys.refuse_replacement();
-- As in the log: `session_replication_role = replica` does not pass by.
ALTER TABLE keys.subjects ENABLE ALWAYS TRIGGER no_replacement;
ALTER TABLE keys.subjects ENABLE ALWAYS TRIGGER no_revival;
