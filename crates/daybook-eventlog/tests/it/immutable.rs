//! G6: events are immutable, for the services by their rights and for everybody else by a trigger.

use sqlx::postgres::PgQueryResult;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::support::build::event;
use crate::support::{COMMAND, PROJECTOR, QUERY, TestLog, sqlstate};

const INSUFFICIENT_PRIVILEGE: &str = "42501";

const CHANGES: [&str; 8] = [
    "UPDATE log.events SET data = '{}'",
    "UPDATE log.events SET data = '{}' WHERE false",
    "DELETE FROM log.events",
    "DELETE FROM log.events WHERE position = -1",
    "TRUNCATE log.events",
    "INSERT INTO log.events SELECT * FROM log.events
     ON CONFLICT ON CONSTRAINT events_position_key DO UPDATE SET data = '{}'",
    "MERGE INTO log.events AS e USING log.events AS o ON e.position = o.position
     WHEN MATCHED THEN UPDATE SET data = '{}'",
    "MERGE INTO log.events AS e USING log.events AS o ON e.position = o.position
     WHEN MATCHED THEN DELETE",
];

async fn log_with_an_event() -> TestLog {
    let log = TestLog::start().await;
    log.writer().await.must_append(vec![event("account-a", 1)]).await;
    log
}

async fn run(session: &mut PgConnection, statement: &str) -> Result<PgQueryResult, sqlx::Error> {
    session.execute(AssertSqlSafe(statement.to_owned())).await
}

async fn assert_refused(session: &mut PgConnection, who: &str, statement: &str) {
    let refused = sqlstate(run(session, statement).await);
    assert_eq!(refused, INSUFFICIENT_PRIVILEGE, "{who}: {statement}");
}

async fn assert_unchanged(log: &TestLog, who: &str) {
    let events = log.all().await;
    assert_eq!(events.len(), 1, "{who} removed an event");
    assert_eq!(events[0].data.get(), "{}", "{who} changed an event");
}

#[tokio::test]
async fn g6_no_service_role_can_change_or_remove_an_event() {
    let log = log_with_an_event().await;
    for role in [COMMAND, PROJECTOR, QUERY] {
        let mut session = PgConnection::connect_with(&log.options(role)).await.unwrap();
        for statement in CHANGES {
            assert_refused(&mut session, role, statement).await;
        }
        assert_unchanged(&log, role).await;
    }
}

#[tokio::test]
async fn g6_the_owner_and_the_superuser_cannot_change_or_remove_an_event() {
    let log = log_with_an_event().await;
    let mut session = PgConnection::connect(&log.postgres.admin_url()).await.unwrap();
    for statement in CHANGES {
        assert_refused(&mut session, "superuser", statement).await;
    }

    // An owner without the superuser's powers.
    log.sql(
        "CREATE ROLE bookkeeper; GRANT USAGE ON SCHEMA log TO bookkeeper;
             ALTER TABLE log.events OWNER TO bookkeeper",
    )
    .await;
    run(&mut session, "SET ROLE bookkeeper").await.unwrap();
    for statement in CHANGES {
        assert_refused(&mut session, "owner", statement).await;
    }
    assert_unchanged(&log, "owner").await;
}

/// What restores and replication set so that ordinary triggers do not fire.
#[tokio::test]
async fn g6_a_session_that_replays_cannot_change_or_remove_an_event() {
    let log = log_with_an_event().await;
    let mut session = PgConnection::connect(&log.postgres.admin_url()).await.unwrap();
    run(&mut session, "SET session_replication_role = replica").await.unwrap();
    for statement in CHANGES {
        assert_refused(&mut session, "replica", statement).await;
    }
    assert_unchanged(&log, "replica").await;
}

#[tokio::test]
async fn g6_no_service_role_can_get_rid_of_the_trigger() {
    let log = log_with_an_event().await;
    let ways = [
        "ALTER TABLE log.events DISABLE TRIGGER events_append_only",
        "ALTER TABLE log.events DISABLE TRIGGER ALL",
        "ALTER TABLE log.events ENABLE REPLICA TRIGGER events_append_only",
        "DROP TRIGGER events_append_only ON log.events",
        "DROP FUNCTION log.refuse_change() CASCADE",
        "CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN RETURN NULL; END'",
        "CREATE RULE quietly AS ON INSERT TO log.events DO INSTEAD NOTHING",
        "ALTER TABLE log.events DROP CONSTRAINT events_stream_version_key",
        "DROP TABLE log.events",
        "DROP SCHEMA log CASCADE",
        "SET session_replication_role = replica",
    ];
    for role in [COMMAND, PROJECTOR, QUERY] {
        let mut session = PgConnection::connect_with(&log.options(role)).await.unwrap();
        for statement in ways {
            assert_refused(&mut session, role, statement).await;
        }
    }
    let enabled: i8 =
        sqlx::query_scalar("SELECT tgenabled FROM pg_trigger WHERE tgname = 'events_append_only'")
            .fetch_one(&log.admin)
            .await
            .unwrap();
    assert_eq!(u8::try_from(enabled).unwrap(), b'A', "not ALWAYS");
}

/// Partitions of stored events depend on the count; messages and checkpoints on the log's id.
#[tokio::test]
async fn g6_the_logs_identity_is_immutable_too() {
    let log = log_with_an_event().await;
    let mut session = PgConnection::connect(&log.postgres.admin_url()).await.unwrap();
    for statement in [
        "UPDATE log.identity SET partition_count = 8",
        "DELETE FROM log.identity",
        "TRUNCATE log.identity",
    ] {
        assert_refused(&mut session, "superuser", statement).await;
    }
    let second = "INSERT INTO log.identity (log_id, partition_count) VALUES (gen_random_uuid(), 8)";
    assert_eq!(sqlstate(run(&mut session, second).await), "23505");
}
