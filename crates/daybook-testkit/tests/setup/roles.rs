//! What the role of a service must not be able to do, tried.

use daybook_testkit::TestPostgres;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::{ROLES, migrate_all};

/// SQLSTATE: insufficient privilege.
const REFUSED: &str = "42501";

/// Nothing of this is any service's work.
const OF_ALL: [&str; 27] = [
    "CREATE TEMPORARY TABLE scratch (n int)",
    "CREATE TABLE public.scratch (n int)",
    "CREATE SCHEMA scratch",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_put(1, 0, 'x')",
    "SELECT lo_unlink(1)",
    "SELECT lo_import('/etc/passwd')",
    "CREATE ROLE scratch",
    "CREATE DATABASE scratch",
    "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1",
    "SET ROLE postgres",
    "SET session_replication_role = replica",
    "ALTER SYSTEM SET fsync = off",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/scratch'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT rolpassword FROM pg_authid",
    "UPDATE log.events SET version = version",
    "DELETE FROM log.events",
    "TRUNCATE log.events",
    "UPDATE log.identity SET log_id = log_id",
    "DELETE FROM log.commands",
    "DELETE FROM log.head",
    "DELETE FROM proof.checkpoints",
    "DELETE FROM keys.subjects",
];

/// What is another service's work.
const OF_ONE: [(&str, &[&str]); 4] = [
    (
        "daybook_command",
        &[
            "UPDATE log.commands SET event_count = 1",
            "DELETE FROM log.snapshots",
            "SELECT * FROM read.accounts_1",
            "SELECT * FROM proof.checkpoints",
            // A key that is there may be destroyed, and nothing else.
            "UPDATE keys.subjects SET key = sha256('mine') WHERE subject_id = 'alice'",
            "UPDATE keys.subjects SET key = sha256('mine'), destroyed_at = NULL WHERE subject_id = 'bob'",
            "UPDATE keys.subjects SET subject_id = 'carol' WHERE subject_id = 'alice'",
        ],
    ),
    (
        "daybook_projector",
        &[
            "INSERT INTO log.events DEFAULT VALUES",
            "UPDATE log.head SET position = 0",
            "INSERT INTO log.commands DEFAULT VALUES",
            "INSERT INTO proof.checkpoints DEFAULT VALUES",
            "UPDATE proof.trees SET size = 0",
            "INSERT INTO keys.subjects DEFAULT VALUES",
            "UPDATE keys.subjects SET key = NULL, destroyed_at = now()",
        ],
    ),
    (
        "daybook_query",
        &[
            "INSERT INTO log.events DEFAULT VALUES",
            "UPDATE log.head SET position = 0",
            "UPDATE read.checkpoints SET position = 0",
            "UPDATE read.accounts_1 SET balance = 0",
            "CREATE TABLE read.scratch (n int)",
            "SET ROLE daybook_projector",
            "UPDATE proof.trees SET size = 0",
            "UPDATE keys.subjects SET key = NULL, destroyed_at = now()",
        ],
    ),
    (
        "daybook_prover",
        &[
            "INSERT INTO log.events DEFAULT VALUES",
            "SELECT * FROM log.commands",
            "SELECT * FROM log.snapshots",
            "SELECT * FROM read.accounts_1",
            "UPDATE proof.checkpoints SET note = ''",
            "SELECT * FROM keys.subjects",
        ],
    ),
];

#[tokio::test]
async fn no_service_can_do_what_is_not_its_work() {
    let server = TestPostgres::start().await;
    let admin = PgPool::connect(&server.admin_url()).await.unwrap();
    migrate_all(&admin).await.unwrap();
    let keys = "INSERT INTO keys.subjects (subject_id, key, destroyed_at)
                VALUES ('alice', sha256('alice'), NULL), ('bob', NULL, now())";
    sqlx::raw_sql(keys).execute(&admin).await.unwrap();
    let mut done = Vec::new();
    for role in ROLES {
        server.allow_login(role).await.unwrap();
        let mut session = PgConnection::connect(&server.url(role, "postgres")).await.unwrap();
        let own = OF_ONE.iter().find(|(of, _)| *of == role).unwrap().1;
        for statement in OF_ALL.iter().chain(own) {
            let outcome = sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&mut session).await;
            let code = outcome.as_ref().err().and_then(sqlx::Error::as_database_error);
            let code = code.and_then(|error| error.code());
            // Keys that were destroyed are kept by a trigger of their own.
            if !matches!(code.as_deref(), Some(REFUSED | "P0001")) {
                done.push(format!("{role}: {statement}: {code:?}"));
            }
        }
    }
    assert!(done.is_empty(), "{}", done.join("\n"));
    // What is its work.
    let mut command =
        PgConnection::connect(&server.url("daybook_command", "postgres")).await.unwrap();
    let destroy =
        "UPDATE keys.subjects SET key = NULL, destroyed_at = now() WHERE subject_id = 'alice'";
    assert_eq!(sqlx::raw_sql(destroy).execute(&mut command).await.unwrap().rows_affected(), 1);
}
