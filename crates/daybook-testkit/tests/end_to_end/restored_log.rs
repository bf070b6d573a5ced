//! A log that was restored from a backup older than the read models and the lists in Redis.

use std::time::Duration;

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use tonic::Code;

use crate::backup::{Backup, start_services};
use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::world::{BOUND, World, by, deposit, open};

/// Takes the log back to `position`, as a restore would, while nobody is connected; read models and lists stay as they are.
async fn restore_log(world: &mut World, position: i64) {
    world.stack.command.terminate(BOUND).await.unwrap();
    let statement = format!(
        "ALTER TABLE log.events DISABLE TRIGGER USER;
         DELETE FROM log.events WHERE position > {position};
         ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;
         DELETE FROM log.commands WHERE first_position > {position};
         DELETE FROM log.snapshots;
         DELETE FROM log.past_snapshots;
         UPDATE log.head SET position = {position}, partition_positions = (
             SELECT array_agg(coalesce(last, 0) ORDER BY partition)
             FROM generate_series(0, 15) AS partition
             LEFT JOIN (SELECT partition, max(position) AS last FROM log.events GROUP BY partition) AS e
                 USING (partition));
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('daybook_projector', 'daybook_query')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&world.admin).await.unwrap();
    world.stack.start_again(Service::Command).await.unwrap();
}

#[tokio::test]
async fn a_read_model_ahead_of_a_restored_log_stands_with_that_cause_and_queries_say_data_loss() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    let backup = world.head().await;
    world.load(10, 200).await;
    world.projected().await;
    restore_log(&mut world, backup).await;
    // Other events come in the place of the lost ones.
    for _ in 0..20 {
        world.command.deposit(by("teller", deposit("a0", 1))).await.unwrap();
    }
    eventually("it stands everywhere", BOUND, async || {
        let going_on: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM read.checkpoints
             WHERE position > $1 AND stopped_cause IS DISTINCT FROM 'history'",
        )
        .bind(backup)
        .fetch_one(&world.admin)
        .await?;
        ensure!(going_on == 0, "{going_on} go on");
        Ok(())
    })
    .await;
    let request = proto::GetAccountRequest { account_id: "a0".to_owned(), min_position: 0 };
    let refused = world.query.get_account(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::DataLoss, "{refused}");
    let status = world.query.get_projection_status(proto::GetProjectionStatusRequest::default());
    let status = status.await.unwrap().into_inner();
    for projection in status.projections {
        assert_eq!(projection.state(), proto::ProjectionState::Stopped, "{projection:?}");
        let causes = projection.partitions.iter().filter_map(|p| p.stop.as_ref());
        assert!(causes.map(proto::ProjectionStop::cause).all(|c| c == proto::StopCause::History));
    }
    // Neither a new owner nor another start makes it forget.
    world.stack.projector.terminate(BOUND).await.unwrap();
    world.stack.start_again(Service::Projector).await.unwrap();
    let stands_again = async || {
        let stops: Vec<i32> = sqlx::query_scalar(
            "SELECT attempts FROM read.checkpoints WHERE stopped_cause = 'history' ORDER BY 1",
        )
        .fetch_all(&world.admin)
        .await?;
        ensure!(stops.last() == Some(&2) && stops.len() == 7 * 16, "{stops:?}");
        Ok(())
    };
    eventually("it stands again", BOUND, stands_again).await;
    // And is not tried again and again: each process tries once.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stands_again().await.unwrap();
}

/// Entries in all lists of the projector's group.
async fn waiting_in_redis(world: &World) -> anyhow::Result<usize> {
    let redis = redis::Client::open(world.stack.redis.url())?;
    let mut redis = redis.get_multiplexed_async_connection().await?;
    let lists: Vec<String> = redis::cmd("KEYS").arg("*outbox*").query_async(&mut redis).await?;
    let mut entries = 0;
    for list in lists {
        entries += redis::cmd("LLEN").arg(list).query_async::<usize>(&mut redis).await?;
    }
    Ok(entries)
}

/// What GetAccount says of an account as of the head; `None`: there is none.
async fn balance(world: &World, account: &str) -> Option<i64> {
    let min_position = world.head().await;
    let request = proto::GetAccountRequest { account_id: account.to_owned(), min_position };
    match world.query.clone().get_account(request).await {
        Ok(answer) => Some(answer.into_inner().account.unwrap().balance_minor_units),
        Err(status) if status.code() == Code::NotFound => None,
        Err(status) => panic!("{account}: {status}"),
    }
}

/// Redis keeps the messages of events that the log has lost, with the identity of this very log: of one that another event
/// has replaced, of those beyond the head, and of an account that was never opened. Read models and log are one backup.
async fn restored_under_messages_that_were_true(backup: Backup) {
    const LOST: usize = 12;
    let mut world = World::new().await;
    world.open_accounts(2).await;
    world.projected().await;
    let head = world.head().await;
    backup.take(&mut world).await;
    world.projected().await;
    // Its group stays registered for a minute, and what is committed meanwhile waits for it.
    world.stack.projector.terminate(BOUND).await.unwrap();
    for _ in 1..LOST {
        world.command.deposit(by("teller", deposit("a0", 1000))).await.unwrap();
    }
    world.command.open_account(by("teller", open("lost"))).await.unwrap();
    let all_wait = async || {
        let waiting = waiting_in_redis(&world).await?;
        ensure!(waiting >= LOST, "{waiting} wait");
        Ok(())
    };
    eventually("the messages of what will be lost wait", BOUND, all_wait).await;

    backup.restore(&mut world).await;
    assert_eq!(world.head().await, head, "the log is back");
    start_services(&mut world, &[Service::Query, Service::Command]).await;
    world.command.deposit(by("teller", deposit("a1", 7))).await.unwrap();
    assert!(waiting_in_redis(&world).await.unwrap() >= LOST, "the old messages are there");
    start_services(&mut world, &[Service::Projector]).await;
    for (deposits, a1) in [(0, 100_007), (LOST, 100_019)] {
        // The second time beside a projector that is level, until every lost position has another event.
        for _ in 0..deposits {
            world.command.deposit(by("teller", deposit("a1", 1))).await.unwrap();
        }
        world.projected().await;
        let balances = (balance(&world, "a0").await, balance(&world, "a1").await);
        assert_eq!(balances, (Some(100_000), Some(a1)));
        assert_eq!(balance(&world, "lost").await, None);
        assert_read_models_equal_the_fold(&world.admin).await;
    }
    assert_the_log_is_whole(&world.admin).await;
}

#[tokio::test]
async fn g7_messages_from_before_a_dump_was_restored_reach_no_row() {
    restored_under_messages_that_were_true(Backup::Dump).await;
}

#[tokio::test]
async fn g7_messages_from_before_a_disk_snapshot_was_restored_reach_no_row() {
    restored_under_messages_that_were_true(Backup::Disk).await;
}
