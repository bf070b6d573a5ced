-- The read models may live on a server of their own, so the roles that use them are made here as well; see
-- migrations/log/0001_roles.sql. Where they exist they are left as they are.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['daybook_projector', 'daybook_query'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    -- The owner of the database acts as the projector below, and when it makes the tables. A superuser may anyway.
    IF NOT pg_has_role(current_user, 'daybook_projector', 'MEMBER') THEN
        EXECUTE format('GRANT daybook_projector TO %I', current_user);
    END IF;
END
$$;

REVOKE ALL ON SCHEMA read FROM PUBLIC;
-- The projector makes the tables of new generations itself, and owns them.
GRANT USAGE, CREATE ON SCHEMA read TO daybook_projector;
GRANT USAGE ON SCHEMA read TO daybook_query;
ALTER DEFAULT PRIVILEGES FOR ROLE daybook_projector IN SCHEMA read GRANT SELECT ON TABLES TO daybook_query;
