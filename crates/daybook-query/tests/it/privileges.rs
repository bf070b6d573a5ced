//! G6, the query service's half: its role reads everything that an answer needs, and changes nothing.

use sqlx::AssertSqlSafe;

use crate::world::World;

/// SQLSTATE: insufficient privilege.
const REFUSED: &str = "42501";

#[tokio::test]
async fn g6_the_role_of_the_query_service_can_read_and_change_nothing() {
    let world = World::start().await;
    let mut connection = world.as_query_role().await;
    let readable = [
        "log.identity",
        "log.head",
        "log.events",
        "read.projections",
        "read.checkpoints",
        "read.accounts_1",
        "read.account_entries_1",
        "read.transfers_1",
        "read.daily_activity_1",
        "read.postings_1",
        "read.posting_totals_1",
        "read.audit_1",
        "proof.trees",
        "proof.tiles",
        "proof.checkpoints",
    ];
    for table in readable {
        let select = AssertSqlSafe(format!("SELECT * FROM {table}"));
        sqlx::raw_sql(select).execute(&mut connection).await.unwrap();
        let changes = [
            format!("INSERT INTO {table} DEFAULT VALUES"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
        ];
        for change in changes {
            assert_refused(&mut connection, &change).await;
        }
    }
    for update in [
        "UPDATE log.events SET data = '{}'",
        "UPDATE log.head SET position = 0",
        "UPDATE read.checkpoints SET position = 0",
        "UPDATE read.accounts_1 SET balance = 0",
        "CREATE TABLE read.own (x int)",
        "CREATE TABLE log.own (x int)",
        "SET ROLE daybook_projector",
        "SET session_replication_role = replica",
    ] {
        assert_refused(&mut connection, update).await;
    }
}

async fn assert_refused(connection: &mut sqlx::PgConnection, statement: &str) {
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await;
    let error = outcome.expect_err(statement);
    let code = error.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some(REFUSED), "{statement}: {error}");
}
