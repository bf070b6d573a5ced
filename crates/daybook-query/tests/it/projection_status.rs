//! GetProjectionStatus.

use daybook_proto::v1::{GetProjectionStatusRequest, GetProjectionStatusResponse, ProjectionState};
use tonic::Code;

use crate::world::{PARTITIONS, World, info, partition_of};

async fn ask(world: &mut World, projection: &str) -> GetProjectionStatusResponse {
    let request = GetProjectionStatusRequest { projection: projection.to_owned() };
    world.client.get_projection_status(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_projection_that_is_level_has_no_lag() {
    let mut world = World::start().await;
    let empty = ask(&mut world, "").await;
    assert_eq!(empty.head, 0);
    assert!(empty.projections.iter().all(|p| p.lag_events == 0 && p.lag_seconds == 0.0));

    world.append("account-alice", "account-opened", 60).await;
    world.append("account-bob", "account-opened", 50).await;
    world.all_checkpoints(2).await;
    let answer = ask(&mut world, "").await;
    assert_eq!(answer.head, 2);
    assert_eq!(answer.log_id.len(), 36);
    let names: Vec<_> = answer.projections.iter().map(|p| p.projection.as_str()).collect();
    assert_eq!(names, ["account_entries", "accounts", "daily_activity", "transfers"]);
    for projection in &answer.projections {
        assert_eq!((projection.generation, projection.checkpoint), (1, 2));
        assert_eq!((projection.lag_events, projection.lag_seconds), (0, 0.0));
        assert_eq!(projection.partitions.len(), usize::from(PARTITIONS));
    }
}

#[tokio::test]
async fn lag_counts_events_that_are_not_applied_and_the_age_of_the_oldest() {
    let mut world = World::start().await;
    let (alice, bob) = ("account-alice", "account-dora");
    let partition = partition_of(alice);
    assert_ne!(partition, partition_of(bob));
    // 1 to 8, alice and bob by turns; alice's partition is at 2, so that 3, 5 and 7 of it are missing.
    for age in [100, 90, 80, 70, 60, 50, 40, 30] {
        let stream = if age % 20 == 0 { alice } else { bob };
        world.append(stream, "money-deposited", age).await;
    }
    world.all_checkpoints(8).await;
    world.stopped("accounts", partition, 2, "poison").await;

    let answer = ask(&mut world, "accounts").await;
    let [accounts] = &*answer.projections else { panic!("one: {answer:?}") };
    assert_eq!((accounts.checkpoint, accounts.lag_events), (2, 3));
    assert!((80.0..90.0).contains(&accounts.lag_seconds), "{}", accounts.lag_seconds);

    for status in &accounts.partitions {
        let stopped = status.partition == i32::from(partition);
        let (state, error, checkpoint) = if stopped {
            (ProjectionState::Stopped, "it broke", 2)
        } else {
            (ProjectionState::Live, "", 8)
        };
        assert_eq!(
            (status.state(), status.error.as_str(), status.checkpoint),
            (state, error, checkpoint)
        );
    }
    assert_eq!(accounts.partitions[usize::from(partition)].last_position, 7);
    assert_eq!(accounts.partitions[usize::from(partition_of(bob))].last_position, 8);
}

#[tokio::test]
async fn a_partition_that_was_never_begun_lags_from_the_first_event() {
    let mut world = World::start().await;
    world.append("account-alice", "account-opened", 0).await;
    world.sql("DELETE FROM read.checkpoints WHERE projection = 'accounts'").await;
    let answer = ask(&mut world, "accounts").await;
    assert_eq!((answer.projections[0].checkpoint, answer.projections[0].lag_events), (0, 1));
}

#[tokio::test]
async fn an_unknown_projection_is_not_found() {
    let mut world = World::start().await;
    let request = GetProjectionStatusRequest { projection: "horoscopes".to_owned() };
    let status = world.client.get_projection_status(request).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "PROJECTION_NOT_FOUND")
    );
}

#[tokio::test]
async fn a_long_lag_is_counted_in_part_and_estimated_beyond() {
    let mut world = World::start().await;
    world
        .sql(
            "INSERT INTO log.events
             SELECT n, greatest(n - 4, 0), n, clock_timestamp(), gen_random_uuid(), 1, n % 4, 'load-' || n % 4, 'load', 'x', '{}', '{}'
             FROM generate_series(1, 120000) n;
             UPDATE log.head SET position = 120000, partition_positions = '{120000, 119997, 119998, 119999}'",
        )
        .await;
    world.all_checkpoints(120_000).await;
    world.stopped("accounts", 0, 0, "poison").await;
    let answer = ask(&mut world, "accounts").await;
    // A quarter of the 100,000 that were looked at, and a quarter of the 20,000 beyond them.
    assert_eq!(answer.projections[0].lag_events, 30_000);
}
