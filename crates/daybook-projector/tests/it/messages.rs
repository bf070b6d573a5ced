//! G7 and G8 against everything that can happen to a message on its way.

use std::time::Duration;

use daybook_core::event::RecordedEvent;
use daybook_outbox::Origin;
use daybook_testkit::eventually;
use uuid::Uuid;

use super::support::World;
use super::support::ledger::{Business, deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;

/// Business in many small appends; `deliver` decides what becomes of each append's messages.
async fn business(
    world: &mut World,
    appends: usize,
    mut deliver: impl AsyncFnMut(&World, usize, Vec<RecordedEvent>),
) {
    let mut business = Business::new(7, 12);
    for n in 0..appends {
        let events = business.next();
        let events: Vec<_> = events.iter().map(|(s, e)| (s.as_str(), e.clone())).collect();
        let recorded = world.log.append(&events).await;
        deliver(world, n, recorded).await;
    }
}

#[tokio::test]
async fn g7_what_is_recorded_reaches_the_read_models() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    business(&mut world, 300, async |world, _, events| world.publish(events)).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

#[tokio::test]
async fn g7_what_was_recorded_before_the_projector_existed_reaches_the_read_models() {
    let mut world = World::start().await;
    business(&mut world, 300, async |_, _, _| {}).await;
    let projector = world.projector_with(&["--batch-events-max", "7"]).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// While messages flow the head is not looked at for each of them; when they end nobody waits for the next poll.
#[tokio::test]
async fn g9_partitions_without_messages_follow_the_head_before_the_next_poll() {
    let mut world = World::start().await;
    let projector = world.projector_with(&["--poll-interval-ms", "10000"]).await;
    world.wait_for_messages().await;
    business(&mut world, 100, async |world, _, events| world.publish(events)).await;
    let soon = Duration::from_secs(5);
    eventually("all checkpoints are at the head", soon, async || {
        let behind: i64 = world
            .scalar("SELECT count(*) FROM read.checkpoints, log.head WHERE checkpoints.position < head.position")
            .await?;
        anyhow::ensure!(behind == 0, "{behind} are behind");
        Ok(())
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

#[tokio::test]
async fn g7_messages_delivered_twice_change_nothing() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    business(&mut world, 200, async |world, _, events| {
        world.publish(events.clone());
        world.publish(events);
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// Every other append is pushed before the one that it follows, as by two command services.
#[tokio::test]
async fn g8_events_of_a_stream_are_applied_in_order_whatever_order_they_come_in() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let mut late = None;
    business(&mut world, 200, async |world, n, mut events| {
        events.reverse();
        match n % 2 {
            0 => late = Some(events),
            _ => {
                world.publish(events);
                world.publish(late.take().unwrap());
            }
        }
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    let out_of_order = world
        .rows(
            "SELECT * FROM (SELECT *, lag(balance, 1, 0) OVER (PARTITION BY account_id ORDER BY version) AS before
             FROM read.account_entries_1) AS entry WHERE balance <> before + amount",
        )
        .await;
    assert!(out_of_order.is_empty(), "{out_of_order:?}");
    projector.stop().await;
}

#[tokio::test]
async fn g7_messages_that_never_come_are_read_from_the_log() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    business(&mut world, 200, async |world, n, events| {
        if n % 3 != 0 {
            world.publish(events);
        }
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

#[tokio::test]
async fn g7_messages_of_another_log_are_left_to_its_own_projectors() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    world.record(&[("account-a", opened())]).await;
    world.wait_until_level().await;
    let foreign = Origin { log_id: Uuid::nil(), ..world.log.origin };
    world.publish_from(foreign, world.log.never_appended(&[("account-a", deposited(9, 9))]));
    world.record(&[("account-a", deposited(5, 5))]).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// As when Redis comes back from an old dump: all that was ever pushed comes again, shuffled, among what is new.
#[tokio::test]
async fn g7_messages_that_come_again_long_after_change_nothing() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let mut dice = Business::new(5, 1);
    let mut all = Vec::new();
    business(&mut world, 200, async |world, n, events| {
        all.extend(events.clone());
        world.publish(events);
        if n % 50 == 49 {
            world.wait_until_level().await;
            for n in (1..all.len()).rev() {
                all.swap(n, dice.below(n + 1));
            }
            world.publish(all.clone());
        }
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

#[tokio::test]
async fn g7_malformed_messages_are_dropped() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let mut redis = world.redis().await;
    business(&mut world, 100, async |world, n, events| {
        let _: u32 = redis::cmd("RPUSH")
            .arg(world.list(u16::try_from(n % 4).unwrap()))
            .arg(b"{\"specversion\":\xff")
            .arg("")
            .arg("[]")
            .query_async(&mut redis)
            .await
            .unwrap();
        world.publish(events);
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

#[tokio::test]
async fn g7_flushing_redis_in_the_middle_loses_nothing() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let mut redis = world.redis().await;
    business(&mut world, 300, async |world, n, events| {
        world.publish(events);
        if n % 100 == 50 {
            let _: () = redis::cmd("FLUSHALL").query_async(&mut redis).await.unwrap();
        }
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// Twice, late, out of order, never, and in several projectors that take partitions from each other.
#[tokio::test]
async fn g7_two_projectors_and_unreliable_messages_apply_everything_once() {
    let mut world = World::start().await;
    let (one, other) = (world.projector().await, world.projector().await);
    world.wait_for_messages().await;
    let mut dice = Business::new(99, 1);
    let mut late: Vec<Vec<RecordedEvent>> = Vec::new();
    business(&mut world, 400, async |world, _, events| match dice.below(5) {
        0 => {}
        1 => late.push(events),
        2 => {
            world.publish(events.clone());
            world.publish(events);
        }
        _ => {
            world.publish(events);
            late.pop().into_iter().for_each(|events| world.publish(events));
        }
    })
    .await;
    assert_read_models_equal_the_log(&world).await;
    one.stop().await;
    other.stop().await;
}
