//! Processes killed at the worst moment. The moments are provoked, not hoped for: Redis is frozen so that a push cannot
//! end, and rows are locked so that a transaction cannot.

use std::time::Duration;

use anyhow::ensure;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use futures::StreamExt as _;
use tonic::transport::Channel;

use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::world::{BOUND, World, by, deposit};

#[tokio::test]
async fn g7_a_command_service_killed_between_commit_and_push_loses_nothing() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    // Redis is frozen: everything below is committed and acknowledged, and no push of it can end.
    world.stack.redis.pause().unwrap();
    let acknowledged = world.load(10, 200).await;
    assert!(acknowledged > 150, "{acknowledged} acknowledged with Redis frozen");
    world.stack.command.kill().await.unwrap();
    world.stack.redis.kill().await.unwrap();
    world.stack.redis.restart().await.unwrap();

    // No command service runs: only the log can tell the projector.
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    world.stack.start_again(Service::Command).await.unwrap();
    world.command.deposit(by("teller", deposit("a0", 1))).await.unwrap();
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    assert_the_log_is_whole(&world.admin).await;
}

#[tokio::test]
async fn g7_a_projector_killed_after_the_pop_and_before_the_commit_applies_once() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    world.projected().await;
    for round in 0..3 {
        // Every checkpoint is locked: the projector pops, and hangs before its commit.
        let mut lock = world.admin.begin().await.unwrap();
        sqlx::query("SELECT 1 FROM read.checkpoints FOR UPDATE").execute(&mut *lock).await.unwrap();
        let acknowledged = world.load(10, 100).await;
        assert!(acknowledged > 50, "{acknowledged} acknowledged in round {round}");
        eventually("the projector waits for the lock", BOUND, async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE usename = 'daybook_projector' AND wait_event_type = 'Lock'",
            )
            .fetch_one(&world.admin)
            .await?;
            ensure!(waiting > 0, "no session of the projector waits");
            Ok(())
        })
        .await;
        world.stack.projector.kill().await.unwrap();
        lock.rollback().await.unwrap();
        world.stack.start_again(Service::Projector).await.unwrap();
        world.projected().await;
        assert_read_models_equal_the_fold(&world.admin).await;
    }
}

#[tokio::test]
async fn g1_g7_services_killed_in_the_middle_of_a_load_lose_and_repeat_nothing() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    for (service, pause_ms) in [
        (Service::Projector, 30),
        (Service::Command, 60),
        (Service::Projector, 90),
        (Service::Command, 120),
    ] {
        let client = world.command.clone();
        let load = tokio::spawn(deposits(client, 400));
        // Not to wait for something: where exactly the kill falls is meant to differ.
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        match service {
            Service::Projector => world.stack.projector.kill().await.unwrap(),
            _ => world.stack.command.kill().await.unwrap(),
        };
        world.stack.start_again(service).await.unwrap();
        // Every acknowledged command is in the log, once.
        let acknowledged = load.await.unwrap();
        let recorded: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM log.events WHERE (position, event_type) IN
                 (SELECT unnest($1::bigint[]), 'money-deposited')",
        )
        .bind(&acknowledged)
        .fetch_one(&world.admin)
        .await
        .unwrap();
        assert_eq!(recorded, i64::try_from(acknowledged.len()).unwrap());
    }
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    assert_the_log_is_whole(&world.admin).await;
}

/// Deposits, 32 at a time; the positions of those that were acknowledged.
async fn deposits(client: CommandServiceClient<Channel>, commands: usize) -> Vec<i64> {
    futures::stream::iter(0..commands)
        .map(|n| {
            let mut client = client.clone();
            async move {
                let paid = client.deposit(by("teller", deposit(&format!("a{}", n % 10), 1))).await;
                paid.ok().and_then(|paid| paid.into_inner().receipt).map(|receipt| receipt.position)
            }
        })
        .buffer_unordered(32)
        .filter_map(|position| async move { position })
        .collect()
        .await
}
