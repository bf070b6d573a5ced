//! A log that was restored from a backup older than the read models: they stand, queries say so, a rebuild mends it.

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use tonic::Code;

use crate::fold::assert_read_models_equal_the_fold;
use crate::operator::{rebuild, refused_rebuild};
use crate::world::{BOUND, World, by, deposit};

/// As a restore would: events after about a position are gone, whole commands of them, and the head is where it was.
async fn restore(world: &World, about: i64) {
    let position: i64 = sqlx::query_scalar(
        "SELECT max(first_position + event_count - 1) FROM log.commands WHERE first_position + event_count - 1 <= $1",
    )
    .bind(about)
    .fetch_one(&world.admin)
    .await
    .unwrap();
    let cut = format!(
        "ALTER TABLE log.events DISABLE TRIGGER events_append_only;
         DELETE FROM log.events WHERE position > {position};
         DELETE FROM log.commands WHERE first_position > {position};
         DELETE FROM log.snapshots;
         DELETE FROM log.past_snapshots;
         ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;
         UPDATE log.head SET position = {position}, partition_positions = (
             SELECT array_agg((SELECT coalesce(max(position), 0) FROM log.events WHERE partition = p) ORDER BY p)
             FROM generate_series(0, cardinality(partition_positions) - 1) AS p)"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(cut)).execute(&world.admin).await.unwrap();
}

fn account() -> proto::GetAccountRequest {
    proto::GetAccountRequest { account_id: "a0".to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_rebuild_mends_read_models_that_are_ahead_of_a_restored_log() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert!(world.load(10, 100).await > 50);
    world.projected().await;
    let before = world.head().await;
    // Everybody is down during a restore.
    world.stack.command.terminate(BOUND).await.unwrap();
    world.stack.projector.terminate(BOUND).await.unwrap();
    restore(&world, before - 60).await;
    world.stack.start_again(Service::Command).await.unwrap();
    world.stack.start_again(Service::Projector).await.unwrap();
    // Other events come in the place of the lost ones.
    for _ in 0..100 {
        world.command.deposit(by("teller", deposit("a0", 1))).await.unwrap();
    }
    eventually("queries say that data was lost", BOUND, async || {
        let answer = world.query.clone().get_account(account()).await;
        ensure!(answer.as_ref().is_err_and(|status| status.code() == Code::DataLoss), "{answer:?}");
        Ok(())
    })
    .await;
    // There is nothing honest to compare with, and nothing to go back to.
    let printed = refused_rebuild(&world, "accounts --verify").await;
    assert!(printed.contains("ahead of the log"), "{printed}");

    rebuild(&world, "--all --keep-old").await;
    world.query.get_account(account()).await.unwrap();
    let printed = refused_rebuild(&world, "--rollback accounts").await;
    assert!(printed.contains("the log was restored"), "{printed}");
    // The projector, which has run all the time, goes on in the new generation.
    assert!(world.load(10, 100).await > 50);
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
}
