//! Whose a partition is, how checkpoints follow the head, and a log that lost its tail.

use anyhow::ensure;
use daybook_projector::projections;
use daybook_testkit::eventually;

use super::support::ledger::{deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;
use super::support::{BOUND, World};

#[tokio::test]
async fn checkpoints_of_idle_partitions_follow_the_head() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    for n in 1..20 {
        let event = if n == 1 { opened() } else { deposited(1, n - 1) };
        world.record(&[("account-a", event)]).await;
        world.wait_until_level().await;
    }
    let applied = "SELECT DISTINCT applied_position FROM read.checkpoints ORDER BY 1";
    assert_eq!(
        world.rows(applied).await,
        [r#"{"applied_position":0}"#, r#"{"applied_position":19}"#]
    );
    projector.stop().await;
}

/// Somebody else moves the checkpoint of one partition of `accounts`; the projector, which does not know, must not write
/// a row of it.
#[tokio::test]
async fn g7_a_projector_that_lost_a_partition_changes_nothing_in_it() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    let recorded = world.record(&[("account-a", opened())]).await;
    world.wait_until_level().await;
    world
        .execute(&format!(
            "UPDATE read.checkpoints SET position = 2 WHERE projection = 'accounts' AND partition = {}",
            recorded[0].partition
        ))
        .await;
    world.record(&[("account-a", deposited(5, 5)), ("account-b", opened())]).await;
    world.wait_until_level().await;
    let rows = world.rows("SELECT account_id, balance FROM read.accounts_1 ORDER BY 1").await;
    assert_eq!(
        rows,
        [r#"{"account_id":"a","balance":0}"#, r#"{"account_id":"b","balance":0}"#],
        "the deposit was the other one's to apply"
    );
    let entries: i64 = world.scalar("SELECT count(*) FROM read.account_entries_1").await.unwrap();
    assert_eq!(entries, 1);
    projector.stop().await;
}

#[tokio::test]
async fn a_projector_that_meets_a_retired_checkpoint_goes_on_in_the_current_generation() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.record(&[("account-a", opened())]).await;
    world.wait_until_level().await;
    world
        .execute(
            "BEGIN;
             CREATE TABLE read.accounts_2 (LIKE read.accounts_1 INCLUDING ALL);
             ALTER TABLE read.accounts_2 OWNER TO daybook_projector;
             UPDATE read.checkpoints SET retired = true WHERE projection = 'accounts';
             UPDATE read.projections SET generation = 2 WHERE projection = 'accounts';
             COMMIT",
        )
        .await;
    world.record(&[("account-a", deposited(5, 5))]).await;
    eventually("the new generation is filled", BOUND, async || {
        let balance: i64 = world.scalar("SELECT balance FROM read.accounts_2").await?;
        ensure!(balance == 5);
        Ok(())
    })
    .await;
    assert_eq!(world.scalar::<i64>("SELECT balance FROM read.accounts_1").await.unwrap(), 0);
    projector.stop().await;
}

#[tokio::test]
async fn a_projection_that_another_version_filled_is_left_alone_and_the_others_go_on() {
    let mut world = World::start().await;
    world.execute("UPDATE read.projections SET version = 99 WHERE projection = 'accounts'").await;
    let projector = world.projector().await;
    world.record(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    world.wait_until_level().await;
    let rows = world.rows("SELECT DISTINCT projection FROM read.checkpoints ORDER BY 1").await;
    assert_eq!(rows.len(), projections().len() - 1, "{rows:?}");
    assert_eq!(
        world.scalar::<i64>("SELECT count(*) FROM read.account_entries_1").await.unwrap(),
        1
    );
    assert_eq!(world.scalar::<i64>("SELECT count(*) FROM read.accounts_1").await.unwrap(), 0);
    projector.stop().await;
}

#[tokio::test]
async fn a_read_model_that_is_ahead_of_a_restored_log_stands_and_says_so() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    world.record(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    world.record(&[("account-a", deposited(1, 6)), ("account-b", opened())]).await;
    world.wait_until_level().await;
    world.log.cut_back_to(2).await;
    // Other events come in the place of the lost ones.
    world.log.append(&[("account-a", deposited(7, 12)), ("account-c", opened())]).await;
    world.log.append(&[("account-a", deposited(1, 13))]).await;
    world
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'daybook-projector'",
        )
        .await;
    world.wait_until_all_stand_for_history().await;
    projector.stop().await;
    let rows = world.rows("SELECT account_id, balance FROM read.accounts_1 ORDER BY 1").await;
    assert_eq!(rows, [r#"{"account_id":"a","balance":6}"#, r#"{"account_id":"b","balance":0}"#]);
    // Trying again at the next start changes nothing.
    let projector = world.projector().await;
    world.wait_until_all_stand_for_history().await;
    projector.stop().await;
}

#[tokio::test]
async fn read_models_may_live_in_another_database_and_be_filled_one_by_one() {
    let mut world = World::start().await;
    world.record(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    world.postgres.create_database("elsewhere").await.unwrap();
    let pool = sqlx::PgPool::connect(&world.postgres.superuser_url("elsewhere")).await.unwrap();
    daybook_projector::migrate(&pool).await.unwrap();
    daybook_projector::migrate(&pool).await.unwrap();
    let url = world.postgres.url("daybook_projector", "elsewhere");
    let flags = ["--read-database-url", &url, "--projection", "accounts"];
    let projector = world.projector_with(&flags).await;
    eventually("the account is there", BOUND, async || {
        let balance: i64 =
            sqlx::query_scalar("SELECT balance FROM read.accounts_1").fetch_one(&pool).await?;
        ensure!(balance == 5);
        Ok(())
    })
    .await;
    let projections: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT projection FROM read.checkpoints")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(projections, ["accounts"]);
    projector.stop().await;
    let projector = world.projector().await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}
