//! GetProjectionStatus.

use daybook_proto::v1::{
    GetProjectionStatusRequest, GetProjectionStatusResponse, ProjectionRebuild, ProjectionState,
    StopCause,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
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
    let all = [
        "account_entries",
        "accounts",
        "audit",
        "daily_activity",
        "posting_totals",
        "postings",
        "transfers",
    ];
    assert_eq!(names, all);
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
        let (state, checkpoint, lag) =
            if stopped { (ProjectionState::Stopped, 2, 3) } else { (ProjectionState::Live, 8, 0) };
        assert_eq!(
            (status.state(), status.checkpoint, status.lag_events),
            (state, checkpoint, lag)
        );
        assert_eq!(status.lag_seconds > 80.0, stopped);
        assert_eq!(status.stop.is_some(), stopped);
    }
    let stop = accounts.partitions[usize::from(partition)].stop.as_ref().unwrap();
    assert_eq!((stop.cause(), stop.error.as_str()), (StopCause::Poison, "it broke"));
    assert_eq!(accounts.state(), ProjectionState::Stopped);
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
             SELECT n, greatest(n - 4, 0), n, clock_timestamp(), gen_random_uuid(), 1, n % 4, 'load-' || n % 4, 'load', 'x', '{}',
                 '{\"actor\": \"loader\"}'
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

#[tokio::test]
async fn a_stop_says_at_which_event_why_since_when_and_how_often() {
    let mut world = World::start().await;
    world.append("account-alice", "account-opened", 60).await;
    world.all_checkpoints(1).await;
    world
        .sql(
            "UPDATE read.checkpoints SET position = 0, stopped_cause = 'history', stopped_position = 17,
                 stopped_event_id = '00000000-0000-0000-0000-000000000007', stopped_error = 'ahead',
                 stopped_since = '2026-11-23T10:00:00.5Z', attempts = 3
             WHERE projection = 'transfers' AND partition = 1",
        )
        .await;
    let answer = ask(&mut world, "transfers").await;
    let stop = answer.projections[0].partitions[1].stop.clone().unwrap();
    assert_eq!((stop.cause(), stop.position, stop.attempts), (StopCause::History, 17, 3));
    assert_eq!(stop.event_id, "00000000-0000-0000-0000-000000000007");
    assert_eq!(stop.error, "ahead");
    let since = stop.since.unwrap();
    assert_eq!((since.seconds, since.nanos), (1_795_428_000, 500_000_000));
}

/// Five seconds are what tells one that is live from one that is catching up; an idle log makes nobody late.
#[tokio::test]
async fn what_is_late_is_catching_up_and_what_has_nothing_to_apply_is_not() {
    let mut world = World::start().await;
    world.append("account-alice", "account-opened", 3600).await;
    world.all_checkpoints(1).await;
    let level = ask(&mut world, "accounts").await;
    assert_eq!(level.projections[0].state(), ProjectionState::Live);
    assert_eq!(level.projections[0].lag_seconds, 0.0);
    world.append("account-alice", "money-deposited", 30).await;
    let late = ask(&mut world, "accounts").await;
    assert_eq!(late.projections[0].state(), ProjectionState::CatchingUp);
    let states: Vec<_> = late.projections[0].partitions.iter().map(|p| p.state()).collect();
    assert_eq!(states.iter().filter(|s| **s == ProjectionState::CatchingUp).count(), 1);
    assert!((30.0..60.0).contains(&late.projections[0].lag_seconds));
}

#[tokio::test]
async fn the_owner_is_the_live_instance_that_runs_the_projection_in_the_partition() {
    let mut world = World::start().await;
    world
        .sql(
            "INSERT INTO read.instances (projector_group, instance, projections, beat_at)
             VALUES ('a', 'one', '{accounts}', clock_timestamp() + interval '1 hour'),
                    ('b', 'two', '{}', clock_timestamp() + interval '1 hour'),
                    ('c', 'dead', '{}', clock_timestamp() - interval '4 s');
             INSERT INTO read.leases (projector_group, partition, instance)
             VALUES ('a', 0, 'one'), ('b', 1, 'two'), ('c', 2, 'dead')",
        )
        .await;
    let owners = |answer: GetProjectionStatusResponse| -> Vec<String> {
        answer.projections[0].partitions.iter().map(|p| p.owner.clone()).collect()
    };
    assert_eq!(owners(ask(&mut world, "accounts").await), ["one", "two", "", ""]);
    assert_eq!(owners(ask(&mut world, "transfers").await), ["", "two", "", ""]);
}

/// A session of this name that rebuilds `accounts`, as it says itself.
async fn builder(world: &World, name: &str) -> PgConnection {
    let options: PgConnectOptions = world.postgres.admin_url().parse().unwrap();
    let mut builder = PgConnection::connect_with(&options.application_name(name)).await.unwrap();
    sqlx::query(
        "INSERT INTO read.generations (projection, generation, version, state, builder_pid, builder_started)
         SELECT 'accounts', 2, 1, 'building', pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()
         ON CONFLICT ON CONSTRAINT generations_pkey
         DO UPDATE SET builder_pid = excluded.builder_pid, builder_started = excluded.builder_started",
    )
    .execute(&mut builder)
    .await
    .unwrap();
    builder
}

/// A session of another role does not show when it began: its name must do.
#[tokio::test]
async fn a_rebuild_is_at_work_for_as_long_as_its_session_lives() {
    let mut world = World::start().await;
    for (name, state) in [
        ("daybook-rebuild", ProjectionState::Rebuilding),
        // One that came later, and has the number of a rebuild that was killed.
        ("daybook-command", ProjectionState::Live),
    ] {
        let _session = builder(&world, name).await;
        let answer = ask(&mut world, "").await;
        let states: Vec<_> =
            answer.projections.iter().map(|p| (p.projection.as_str(), p.state())).collect();
        assert!(states.contains(&("accounts", state)), "{name}: {states:?}");
        assert!(states.contains(&("transfers", ProjectionState::Live)), "{name}: {states:?}");
    }
}

#[tokio::test]
async fn a_stop_is_said_also_while_a_rebuild_mends_it() {
    let mut world = World::start().await;
    world.append("account-alice", "account-opened", 60).await;
    world.all_checkpoints(1).await;
    world.stopped("accounts", 0, 0, "history").await;
    let _session = builder(&world, "daybook-rebuild").await;
    world.sql("UPDATE read.generations SET events_done = 30, events_total = 200").await;
    let answer = ask(&mut world, "accounts").await;
    let accounts = &answer.projections[0];
    assert_eq!(accounts.state(), ProjectionState::Stopped);
    let states: Vec<_> = accounts.partitions.iter().map(|p| p.state()).collect();
    assert_eq!(states[0], ProjectionState::Stopped);
    assert_eq!(states[1..], [ProjectionState::Rebuilding; 3]);
    let (generation, phase) = (2, "preparing".to_owned());
    let expected = ProjectionRebuild { generation, phase, events_done: 30, events_total: 200 };
    assert_eq!(accounts.rebuild, Some(expected));
}
