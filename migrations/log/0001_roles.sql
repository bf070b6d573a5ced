-- One database role for each service, with no more rights than its work needs. They belong to the server, not to the
-- database: where they exist already (a second log on one server) they are left as they are, passwords included.
-- An operator sets the passwords: ALTER ROLE daybook_command PASSWORD '…'.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['daybook_command', 'daybook_projector', 'daybook_query'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA log FROM PUBLIC;
GRANT USAGE ON SCHEMA log TO daybook_command, daybook_projector, daybook_query;
