//! What goes away and comes back, and what cannot be applied.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_projector::projections;
use daybook_readmodels::rebuild::{RebuildOptions, Watch};
use daybook_testkit::eventually;

use super::support::ledger::{Business, deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;
use super::support::{BOUND, World};

async fn business(world: &mut World, business: &mut Business, appends: usize) {
    for _ in 0..appends {
        let events = business.next();
        let events: Vec<_> = events.iter().map(|(s, e)| (s.as_str(), e.clone())).collect();
        world.record(&events).await;
    }
}

#[tokio::test]
async fn g7_with_redis_away_the_log_is_polled_and_with_redis_back_messages_flow_again() {
    let mut world = World::start().await;
    world.redis.kill().await.unwrap();
    let projector = world.projector().await;
    let mut ledger = Business::new(3, 10);
    business(&mut world, &mut ledger, 50).await;
    assert_read_models_equal_the_log(&world).await;
    world.redis.restart().await.unwrap();
    world.wait_for_messages().await;
    business(&mut world, &mut ledger, 50).await;
    assert_read_models_equal_the_log(&world).await;
    // Frozen is worse than dead: connections stay open and nothing is answered.
    world.redis.pause().unwrap();
    business(&mut world, &mut ledger, 50).await;
    assert_read_models_equal_the_log(&world).await;
    world.redis.resume().unwrap();
    projector.stop().await;
}

#[tokio::test]
async fn g7_a_crash_of_postgres_loses_nothing_and_repeats_nothing() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let mut ledger = Business::new(4, 10);
    for _ in 0..3 {
        business(&mut world, &mut ledger, 60).await;
        world.postgres.kill_immediately().await.unwrap();
        world.postgres.restart().await.unwrap();
        eventually("PostgreSQL is back", BOUND, async || {
            let _: i64 = world.scalar("SELECT 1::bigint").await?;
            Ok(())
        })
        .await;
    }
    business(&mut world, &mut ledger, 20).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// Aborted wherever it is: after a pop, in a transaction, between the two.
#[tokio::test]
async fn g7_a_projector_that_is_killed_again_and_again_applies_everything_once() {
    let mut world = World::start().await;
    let mut ledger = Business::new(5, 10);
    for round in 0..8_u64 {
        let projector = world.projector_with(&["--batch-events-max", "9"]).await;
        business(&mut world, &mut ledger, 40).await;
        // Not to synchronise with anything, but to meet it at another point each time.
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
        projector.kill();
        // Its lease runs out at once.
        world.execute("DELETE FROM read.instances").await;
    }
    let projector = world.projector().await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// The deposit to an account that was never opened: `accounts` has no row for it, the others do not mind.
#[tokio::test]
async fn an_event_that_one_projection_cannot_apply_stops_its_partition_there_and_nothing_else() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let recorded = world
        .record(&[
            ("account-a", opened()),
            ("account-a", deposited(5, 5)),
            ("account-never-opened", deposited(9, 9)),
            ("account-a", deposited(5, 10)),
        ])
        .await;
    let mut ledger = Business::new(6, 10);
    business(&mut world, &mut ledger, 50).await;
    let stopped = "SELECT projection, partition, stopped_position, stopped_cause, stopped_error, attempts,
        position < stopped_position AS before_it FROM read.checkpoints WHERE stopped_cause IS NOT NULL";
    eventually("it stands", BOUND, async || {
        ensure!(world.rows(stopped).await.len() == 1);
        Ok(())
    })
    .await;
    world.wait_until_level().await;
    let (position, partition) = (recorded[2].position, recorded[2].partition);
    assert_eq!(
        world.rows(stopped).await,
        [format!(
            "{{\"projection\":\"accounts\",\"partition\":{partition},\"stopped_position\":{position},\
             \"stopped_cause\":\"poison\",\"stopped_error\":\"1 rows should have changed, 0 did: a row is missing\",\
             \"attempts\":1,\"before_it\":true}}"
        )]
    );
    // The other partitions of `accounts`, and the other projections in this one, have gone on.
    let entries: i64 = world.scalar("SELECT count(*) FROM read.account_entries_1").await.unwrap();
    let movements: i64 = world
        .scalar("SELECT count(*) FROM log.events WHERE data -> 'balance' IS NOT NULL")
        .await
        .unwrap();
    assert_eq!(entries, movements);
    let ahead = format!(
        "SELECT count(*) FROM read.accounts_1 WHERE partition <> {partition} AND version <> (SELECT max(version) FROM \
         log.events WHERE stream_id = 'account-' || account_id)"
    );
    assert_eq!(world.scalar::<i64>(&ahead).await.unwrap(), 0);
    projector.stop().await;
    a_restart_tries_again(&world, stopped).await;
}

async fn a_restart_tries_again(world: &World, stopped: &str) {
    let projector = world.projector().await;
    eventually("it was tried again", BOUND, async || {
        let rows = world.rows(stopped).await;
        ensure!(rows.len() == 1 && rows[0].contains("\"attempts\":2"), "{rows:?}");
        Ok(())
    })
    .await;
    projector.stop().await;
    // Somebody mends the cause.
    world
        .execute(
            "INSERT INTO read.accounts_1 (account_id, partition, owner, currency, balance, held, overdraft_limit,
                 status, version, opened_at, updated_at)
             VALUES ('never-opened', 0, 'Eve', 'USD', 0, 0, 0, 'open', 0, now(), now())",
        )
        .await;
    let projector = world.projector().await;
    eventually("it goes on", BOUND, async || {
        let balance: i64 = world
            .scalar("SELECT balance FROM read.accounts_1 WHERE account_id = 'never-opened'")
            .await?;
        ensure!(balance == 9 && world.rows(stopped).await.is_empty());
        Ok(())
    })
    .await;
    world.wait_until_level().await;
    projector.stop().await;
}

#[tokio::test]
async fn an_event_of_an_unknown_type_or_shape_stops_its_partition_and_is_never_skipped() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.record(&[("account-a", opened())]).await;
    let of_account: &[&str] =
        &["account_entries", "accounts", "audit", "daily_activity", "posting_totals", "postings"];
    let cases = [
        ("account-c", "account-renamed", "{}", of_account),
        ("account-a", "money-deposited", r#"{"amount":"five"}"#, of_account),
        ("transfer-b", "transfer-renamed", "{}", &["audit", "transfers"]),
        ("projection-accounts", "projection-renamed", "{}", &["audit"]),
    ];
    let mut expected = Vec::new();
    for (stream, event_type, data, readers) in cases {
        let events = world.log.append_raw(&[(stream, event_type, data.to_owned())]).await;
        let event = &events[0];
        let stop = |name: &&str| (event.partition.0, (*name).to_owned(), event.position.get());
        expected.extend(readers.iter().map(stop));
        world.publish(events);
    }
    expected.sort();
    let partitions: BTreeSet<_> = expected.iter().map(|(partition, ..)| partition).collect();
    assert_eq!(partitions.len(), cases.len(), "each in a partition of its own");
    eventually("those that read the stream stand, and no other", BOUND, async || {
        let stops: Vec<(i16, String, i64)> = sqlx::query_as(
            "SELECT partition, projection, stopped_position FROM read.checkpoints
             WHERE stopped_cause = 'poison' ORDER BY partition, projection COLLATE \"C\"",
        )
        .fetch_all(&world.pool)
        .await?;
        let stops: Vec<_> =
            stops.into_iter().map(|(p, name, at)| (p.cast_unsigned(), name, at)).collect();
        ensure!(stops == expected, "{stops:?}, not {expected:?}");
        Ok(())
    })
    .await;
    world.wait_until_level().await;
    projector.stop().await;
}

/// The first event of another domain must not halt this one, and a rebuild comes to the same rows.
#[tokio::test]
async fn g7_events_of_streams_that_no_projection_reads_are_passed_over_live_as_in_a_rebuild() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    for n in 0..20 {
        let (account, parcel) = (format!("account-{n}"), format!("parcel-{n}"));
        world.record(&[(&account, opened())]).await;
        // Nothing in it can be read, not even by whom it was.
        let sent = world.log.append_raw(&[(&parcel, "parcel-sent", "[7]".to_owned())]).await;
        world.publish(sent);
        world.record(&[(&account, deposited(5, 5))]).await;
    }
    world.wait_until_level().await;
    let stopped = "SELECT count(*) FROM read.checkpoints WHERE stopped_cause IS NOT NULL";
    assert_eq!(world.scalar::<i64>(stopped).await.unwrap(), 0);
    let rows = "SELECT count(*) FROM read.audit_1";
    assert_eq!(world.scalar::<i64>(rows).await.unwrap(), 40);
    let options = RebuildOptions { verify: true, ..Default::default() };
    let rebuilt = world.rebuilder().rebuild(&projections(), &options, &Watch::new().0).await;
    let rebuilt = rebuilt.unwrap();
    assert!(rebuilt.iter().all(|one| one.differences_total == 0), "{rebuilt:?}");
    projector.stop().await;
}

/// As the command service records it.
async fn decide(world: &mut World, event_type: &str, partition: Partition, position: Position) {
    let place = format!(r#"{{"partition":{partition},"position":{position}}}"#);
    let decision = [("projection-accounts", event_type, place)];
    let recorded = world.log.append_raw(&decision).await;
    world.publish(recorded);
}

#[tokio::test]
async fn g7_what_an_operator_had_skipped_before_is_passed_over_by_whoever_folds_the_log() {
    let mut world = World::start().await;
    let recorded = world
        .record(&[
            ("account-a", opened()),
            ("account-never-opened", deposited(9, 9)),
            ("account-a", deposited(5, 5)),
        ])
        .await;
    let poison = &recorded[1];
    decide(&mut world, "projection-event-skipped", poison.partition, poison.position).await;
    let projector = world.projector().await;
    world.wait_until_level().await;
    let attempts: i64 = world.scalar("SELECT sum(attempts) FROM read.checkpoints").await.unwrap();
    assert_eq!(attempts, 0, "it is not even tried");
    let accounts = world.rows("SELECT account_id, balance FROM read.accounts_1").await;
    assert_eq!(accounts, [r#"{"account_id":"a","balance":5}"#]);
    // `accounts` skips it, `account_entries` does not.
    let entries: i64 = world.scalar("SELECT count(*) FROM read.account_entries_1").await.unwrap();
    assert_eq!(entries, 2);
    projector.stop().await;
}

/// Decisions about other events, and of other projections, change nothing for what stands.
#[tokio::test]
async fn only_a_decision_about_the_very_event_lets_a_partition_go_on() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    let recorded = world.record(&[("account-never-opened", deposited(9, 9))]).await;
    let poison = &recorded[0];
    let attempts = "SELECT attempts FROM read.checkpoints WHERE stopped_cause = 'poison'";
    let tried = async |world: &World, times: i32| {
        eventually(&format!("it was tried {times} times"), BOUND, async || {
            let rows = world.rows(attempts).await;
            ensure!(rows == [format!(r#"{{"attempts":{times}}}"#)], "{rows:?}");
            Ok(())
        })
        .await;
    };
    tried(&world, 1).await;
    let elsewhere = Position::new(poison.position.get() + 1).unwrap();
    let retry = "projection-retry-requested";
    decide(&mut world, retry, poison.partition, elsewhere).await;
    decide(&mut world, retry, poison.partition, poison.position).await;
    tried(&world, 2).await;
    decide(&mut world, retry, poison.partition, poison.position).await;
    tried(&world, 3).await;
    decide(&mut world, "projection-event-skipped", poison.partition, poison.position).await;
    world.wait_until_level().await;
    eventually("nothing stands", BOUND, async || {
        ensure!(world.rows(attempts).await.is_empty());
        Ok(())
    })
    .await;
    projector.stop().await;
}
