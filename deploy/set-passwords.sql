-- Gives the roles of the services the passwords that the environment names: all four, or none. For psql 14 and newer, as a
-- superuser, after `daybook migrate`:
--
--     psql --file=deploy/set-passwords.sql "$DATABASE_URL"
--
-- The owner of the database may run it too, but cannot keep a statement that fails, with the password in it, out of the
-- server's log. psql hashes nothing here, so the connection should be local or encrypted.
\set ON_ERROR_STOP on
\getenv command_password DAYBOOK_COMMAND_PASSWORD
\getenv projector_password DAYBOOK_PROJECTOR_PASSWORD
\getenv query_password DAYBOOK_QUERY_PASSWORD
\getenv prover_password DAYBOOK_PROVER_PASSWORD
\if :{?command_password} \else \set command_password '' \endif
\if :{?projector_password} \else \set projector_password '' \endif
\if :{?query_password} \else \set query_password '' \endif
\if :{?prover_password} \else \set prover_password '' \endif

SELECT current_setting('is_superuser') AS is_superuser \gset
\if :is_superuser
-- A statement that fails would be logged with the password in it, a slow one as well.
SET log_min_error_statement = panic;
SET log_min_duration_statement = -1;
SET log_statement = none;
\endif

-- An empty password would take away the one that is there.
SELECT coalesce(string_agg(name, ', '), '') AS missing, count(*) > 0 AS is_missing
FROM (VALUES ('DAYBOOK_COMMAND_PASSWORD', :'command_password'), ('DAYBOOK_PROJECTOR_PASSWORD', :'projector_password'),
             ('DAYBOOK_QUERY_PASSWORD', :'query_password'), ('DAYBOOK_PROVER_PASSWORD', :'prover_password'))
     AS given (name, password)
WHERE password = '' \gset
\if :is_missing
\warn not set: :missing
-- Ends psql with an error, which \quit does not.
DO $$ BEGIN RAISE EXCEPTION 'no password was changed'; END $$;
\endif

BEGIN;
ALTER ROLE daybook_command LOGIN PASSWORD :'command_password';
ALTER ROLE daybook_projector LOGIN PASSWORD :'projector_password';
ALTER ROLE daybook_query LOGIN PASSWORD :'query_password';
ALTER ROLE daybook_prover LOGIN PASSWORD :'prover_password';
COMMIT;
