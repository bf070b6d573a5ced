-- Keys live on another server than the log, so the roles of the services are made here as well; see
-- migrations/log/0001_roles.sql. Where they exist they are left as they are. The prover has no use for keys: its role is made
-- so that deploy/set-passwords.sql fits this server too.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['daybook_command', 'daybook_projector', 'daybook_query', 'daybook_prover'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA keys FROM PUBLIC;
GRANT USAGE ON SCHEMA keys TO daybook_command, daybook_projector, daybook_query;
