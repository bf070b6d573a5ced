//! What the prover's role may not do, and what nobody may.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::world::World;

async fn refused(connection: &mut PgConnection, statement: &str) -> bool {
    let result = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(connection).await;
    let error = result.expect_err(statement);
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some("42501")
}

#[tokio::test]
async fn the_prover_reads_the_log_and_only_adds_checkpoints() {
    let world = World::start().await;
    let url = world.postgres.url("daybook_prover", "postgres");
    let mut prover = PgConnection::connect(&url).await.unwrap();
    for statement in [
        "INSERT INTO log.head SELECT 1, now(), '{}'",
        "UPDATE log.head SET position = 1",
        "DELETE FROM log.events",
        "INSERT INTO log.events SELECT * FROM log.events",
        "SELECT * FROM log.commands",
        "SELECT * FROM log.snapshots",
        "UPDATE proof.checkpoints SET note = ''",
        "DELETE FROM proof.checkpoints",
        "DELETE FROM proof.tiles",
        "DELETE FROM proof.trees",
    ] {
        assert!(refused(&mut prover, statement).await, "{statement}");
    }
}

#[tokio::test]
async fn what_was_signed_is_refused_to_be_changed_to_the_owner_too() {
    let world = World::start().await;
    world.append(1).await;
    let prover = world.prover(&[]).await;
    world.signed().await;
    prover.stop().await;
    let mut owner = world.admin.acquire().await.unwrap();
    for statement in [
        "UPDATE proof.checkpoints SET note = ''",
        "DELETE FROM proof.checkpoints",
        "TRUNCATE proof.checkpoints",
        "SET session_replication_role = replica; DELETE FROM proof.checkpoints",
    ] {
        let result = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *owner).await;
        assert!(result.is_err(), "{statement}");
    }
}
