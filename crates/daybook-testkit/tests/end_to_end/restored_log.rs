//! A log that was restored from a backup older than the read models and the lists in Redis.

use std::time::Duration;

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use tonic::Code;

use crate::world::{BOUND, World, by, deposit};

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
