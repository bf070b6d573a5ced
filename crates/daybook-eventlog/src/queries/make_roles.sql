-- The roles of the services belong to the server and not to a schema, so they are made before, and looked after with every
-- migration. What an operator set is left as it is.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['daybook_command', 'daybook_projector', 'daybook_prover', 'daybook_query'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = service) THEN
                EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', service);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            -- Another database of this server was migrated at the same time.
            NULL;
        END;
        BEGIN
            -- No service takes all connections of the server from the others.
            IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = service AND rolconnlimit = -1) THEN
                EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', service,
                               greatest(current_setting('max_connections')::integer / 2, 10));
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            -- Somebody else made the role, and limits it.
            NULL;
        END;
    END LOOP;

    -- Who migrates makes tables as the projector, and grants in its name. Since PostgreSQL 16 a role that makes another one may
    -- give it away, but neither acts as it nor has its rights, unless it gives it to itself.
    BEGIN
        IF current_setting('server_version_num')::integer < 160000 THEN
            IF NOT pg_has_role(current_user, 'daybook_projector', 'MEMBER') THEN
                EXECUTE format('GRANT daybook_projector TO %I', current_user);
            END IF;
        ELSIF NOT (pg_has_role(current_user, 'daybook_projector', 'SET')
                   AND pg_has_role(current_user, 'daybook_projector', 'USAGE')) THEN
            EXECUTE format('GRANT daybook_projector TO %I WITH INHERIT TRUE, SET TRUE', current_user);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role "%" cannot act as daybook_projector, which somebody else made; as a superuser: GRANT daybook_projector TO "%"',
            current_user, current_user
            USING ERRCODE = 'insufficient_privilege';
    END;
END
$$
