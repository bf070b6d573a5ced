-- The prover hashes the log and may do nothing else with it; see 0001_roles.sql.
DO $$
BEGIN
    CREATE ROLE daybook_prover LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

GRANT USAGE ON SCHEMA log TO daybook_prover;
GRANT SELECT ON log.identity, log.head, log.events TO daybook_prover;
