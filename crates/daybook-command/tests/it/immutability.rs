//! G6: nobody changes an event.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::World;

const CHANGES: [&str; 6] = [
    "UPDATE log.events SET data = '{}'",
    "UPDATE log.events SET version = 9 WHERE false",
    "DELETE FROM log.events",
    "TRUNCATE log.events",
    "TRUNCATE log.events, log.commands CASCADE",
    "UPDATE log.identity SET partition_count = 1",
];

#[tokio::test]
async fn g6_nobody_updates_deletes_or_truncates_events() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a"], 100).await;
    let before = world.ledger().await.events.len();

    let role = world.postgres.url("daybook_command", "postgres");
    let mut service = PgConnection::connect(&role).await.unwrap();
    let own = [
        "UPDATE log.commands SET event_count = 1",
        "DELETE FROM log.commands",
        "TRUNCATE log.commands",
        "DELETE FROM log.head",
        "INSERT INTO log.head SELECT 9, recorded_at, partition_positions FROM log.head",
        "DELETE FROM log.snapshots",
        "ALTER TABLE log.events DISABLE TRIGGER ALL",
        "DROP TRIGGER events_append_only ON log.events",
        "SET session_replication_role = replica",
        "CREATE TABLE log.mine ()",
    ];
    for statement in CHANGES.into_iter().chain(own) {
        assert_refused(&mut service, statement).await;
    }
    // The owner, a superuser, past triggers that are not ALWAYS.
    let mut owner = PgConnection::connect(&world.postgres.admin_url()).await.unwrap();
    for replication_role in ["origin", "replica", "local"] {
        let set = format!("SET session_replication_role = {replication_role}");
        sqlx::query(AssertSqlSafe(set)).execute(&mut owner).await.unwrap();
        for statement in CHANGES {
            assert_refused(&mut owner, statement).await;
        }
    }
    assert_eq!(world.ledger().await.events.len(), before);
}

async fn assert_refused(connection: &mut PgConnection, statement: &'static str) {
    let error = sqlx::query(statement).execute(connection).await.expect_err(statement);
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    assert_eq!(code, "42501", "{statement}: {error}");
}
