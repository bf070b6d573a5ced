//! Each service role has the rights that its work needs, and no others.

use std::collections::BTreeSet;

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{COMMAND, PROJECTOR, QUERY, TestLog, sqlstate};

/// Every right on a table of the log that a service has. What is not here is refused.
const RIGHTS: [(&str, &str, &[&str]); 19] = [
    (COMMAND, "identity", &["SELECT"]),
    (COMMAND, "head", &["SELECT", "UPDATE"]),
    (COMMAND, "events", &["INSERT", "SELECT"]),
    (COMMAND, "commands", &["INSERT", "SELECT"]),
    (COMMAND, "snapshots", &["INSERT", "SELECT", "UPDATE"]),
    (COMMAND, "past_snapshots", &["INSERT", "SELECT", "UPDATE"]),
    (PROJECTOR, "identity", &["SELECT"]),
    (PROJECTOR, "head", &["SELECT"]),
    (PROJECTOR, "events", &["SELECT"]),
    // For `daybook verify`.
    (COMMAND, "write_probe", &["INSERT", "TRUNCATE"]),
    (PROJECTOR, "commands", &["SELECT"]),
    (PROJECTOR, "snapshots", &["SELECT"]),
    (PROJECTOR, "past_snapshots", &["SELECT"]),
    (QUERY, "identity", &["SELECT"]),
    (QUERY, "head", &["SELECT"]),
    (QUERY, "events", &["SELECT"]),
    (QUERY, "commands", &["SELECT"]),
    (QUERY, "snapshots", &["SELECT"]),
    (QUERY, "past_snapshots", &["SELECT"]),
];

#[tokio::test]
async fn every_role_has_exactly_the_rights_that_its_work_needs() {
    let log = TestLog::start().await;
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT role, c.relname::text, privilege
         FROM pg_class AS c,
              unnest(ARRAY['daybook_command', 'daybook_projector', 'daybook_query', 'public']) AS role,
              unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
         WHERE c.relnamespace = 'log'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
           AND has_table_privilege(role, c.oid, privilege)",
    )
    .fetch_all(&log.admin)
    .await
    .unwrap();
    let expected = RIGHTS.into_iter().flat_map(|(role, table, rights)| {
        rights.iter().map(move |right| (role.to_owned(), table.to_owned(), (*right).to_owned()))
    });
    assert_eq!(BTreeSet::from_iter(found), BTreeSet::from_iter(expected));
}

#[tokio::test]
async fn no_service_role_can_make_anything_or_become_anybody() {
    let log = TestLog::start().await;
    for role in [COMMAND, PROJECTOR, QUERY] {
        let mut session = PgConnection::connect_with(&log.options(role)).await.unwrap();
        for statement in [
            "CREATE TABLE log.mine (n int)",
            "CREATE FUNCTION log.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE ROLE mine",
            "CREATE DATABASE mine",
            "SET ROLE postgres",
        ] {
            assert_eq!(sqlstate(session.execute(statement).await), "42501", "{role}: {statement}");
        }
    }
}

/// A role that nobody gave anything does not even see into the schema.
#[tokio::test]
async fn a_stranger_cannot_read_the_log() {
    let log = TestLog::start().await;
    log.sql("CREATE ROLE stranger LOGIN").await;
    log.postgres.allow_login("stranger").await.unwrap();
    let mut session = PgConnection::connect_with(&log.options("stranger")).await.unwrap();
    assert_eq!(sqlstate(session.execute("SELECT * FROM log.events").await), "42501");
}
