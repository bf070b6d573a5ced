//! The address of the databases leads to a standby for a while. One that lags would look like a log that was restored.

use anyhow::ensure;
use daybook_testkit::{TestPostgres, TestProxy, eventually};

use super::support::ledger::{deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;
use super::support::{BOUND, World};

#[tokio::test]
async fn g7_an_address_that_leads_to_a_standby_for_a_while_holds_up_rows_and_nothing_else() {
    let mut world = World::start().await;
    let standby = TestPostgres::start_standby_of(&world.postgres).await;
    let proxy = TestProxy::to(world.postgres.port()).await;
    let direct = world.postgres.url("daybook_projector", "postgres");
    let projector = world.projector_at(&proxy.url(&direct, world.postgres.port()), &[]).await;
    world.record(&[("account-a", opened())]).await;
    assert_read_models_equal_the_log(&world).await;

    // The standby stays behind: what is recorded from here on it never gets.
    let behind = sqlx::PgPool::connect(&standby.admin_url()).await.unwrap();
    sqlx::raw_sql("SELECT pg_wal_replay_pause()").execute(&behind).await.unwrap();
    world.record(&[("account-a", deposited(1, 1))]).await;
    assert_read_models_equal_the_log(&world).await;
    proxy.point_to(standby.port());
    proxy.cut();
    world.record(&[("account-a", deposited(2, 3))]).await;
    eventually("the projector asks the standby", BOUND, async || {
        let sessions: i64 = sqlx::query_scalar(
            "SELECT sum(sessions)::bigint FROM pg_stat_database WHERE datname = 'postgres'",
        )
        .fetch_one(&behind)
        .await?;
        ensure!(sessions > 3, "{sessions} sessions");
        Ok(())
    })
    .await;
    proxy.point_to(world.postgres.port());
    assert_read_models_equal_the_log(&world).await;
    let stopped: i64 = world
        .scalar("SELECT count(*) FROM read.checkpoints WHERE stopped_cause IS NOT NULL")
        .await
        .unwrap();
    assert_eq!(stopped, 0);
    projector.stop().await;
}
