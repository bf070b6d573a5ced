-- Gives the roles of the services the passwords that the environment names. For psql 14 and newer, as the
-- superuser, after `daybook migrate`:
--
--     psql --file=deploy/set-passwords.sql "$DATABASE_URL"
--
-- psql hashes nothing here, so the connection should be local or encrypted.
\set ON_ERROR_STOP on
-- A statement that fails would be logged with the password in it, a slow one as well.
SET log_min_error_statement = panic;
SET log_min_duration_statement = -1;
SET log_statement = none;

\getenv command_password DAYBOOK_COMMAND_PASSWORD
ALTER ROLE daybook_command LOGIN PASSWORD :'command_password';

\getenv projector_password DAYBOOK_PROJECTOR_PASSWORD
ALTER ROLE daybook_projector LOGIN PASSWORD :'projector_password';

\getenv query_password DAYBOOK_QUERY_PASSWORD
ALTER ROLE daybook_query LOGIN PASSWORD :'query_password';

\getenv prover_password DAYBOOK_PROVER_PASSWORD
ALTER ROLE daybook_prover LOGIN PASSWORD :'prover_password';
