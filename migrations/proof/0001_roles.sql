-- The proof may live on another server than the log, so the roles that use it are made here as well; see
-- migrations/log/0001_roles.sql. Where they exist they are left as they are.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['daybook_prover', 'daybook_query', 'daybook_projector'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA proof FROM PUBLIC;
-- `daybook verify` checks log, read models and proof: as the projector, who may make tables beside the read models.
GRANT USAGE ON SCHEMA proof TO daybook_prover, daybook_query, daybook_projector;
