-- What PostgreSQL lets every role do in every database, and no service does: temporary tables and large objects take disk, and
-- survive a role that may only read. Whoever owns the functions takes them away; for others this changes nothing and warns.
-- (The same as migrations/log/0060_no_scratch.sql, for the server that has the keys.)
DO $$
DECLARE
    writing regprocedure;
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    -- PostgreSQL 14 gave it to everybody.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    FOREACH writing IN ARRAY ARRAY[
        'lo_creat(integer)', 'lo_create(oid)', 'lo_from_bytea(oid, bytea)', 'lo_put(oid, bigint, bytea)',
        'lowrite(integer, bytea)', 'lo_truncate(integer, integer)', 'lo_truncate64(integer, bigint)', 'lo_unlink(oid)'
    ]::regprocedure[] LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', writing);
    END LOOP;
EXCEPTION WHEN insufficient_privilege OR undefined_object OR invalid_schema_name THEN
    -- Only who owns them may: see deploy/README.md for an owner of the database that is no superuser.
    RAISE NOTICE 'large objects and temporary tables stay open to every role: %', SQLERRM;
END
$$;
