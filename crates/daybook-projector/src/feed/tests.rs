//! Which events are next. Messages are written `position<-prev_position`, all in partition 0 unless said otherwise.

use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

const ORIGIN: Origin = Origin { log_id: Uuid::from_u128(1), timeline: 1 };

fn position(position: i64) -> Position {
    Position::new(position).unwrap()
}

fn event(partition: u16, at: i64, prev: i64) -> RecordedEvent {
    RecordedEvent {
        position: position(at),
        prev_position: position(prev),
        partition: Partition(partition),
        stream_id: StreamId::parse("thing-1").unwrap(),
        version: Version::new(1).unwrap(),
        event_type: "thing-happened".into(),
        schema_version: 1,
        event_id: Uuid::nil(),
        data: RawValue::from_string("{}".into()).unwrap(),
        metadata: RawValue::from_string("{}".into()).unwrap(),
        recorded_at: OffsetDateTime::UNIX_EPOCH,
    }
}

fn head(at: i64, partitions: &[i64]) -> Head {
    Head {
        position: position(at),
        recorded_at: OffsetDateTime::UNIX_EPOCH,
        partition_positions: partitions.iter().copied().map(position).collect(),
    }
}

fn feed(frontiers: &[i64]) -> Feed {
    let frontiers: Vec<_> = frontiers.iter().map(|at| Some(position(*at))).collect();
    Feed::new(ORIGIN, &frontiers, 100)
}

fn offer(feed: &mut Feed, messages: &[(i64, i64)]) -> Vec<i64> {
    let message = |(at, prev): &(i64, i64)| Message { origin: ORIGIN, event: event(0, *at, *prev) };
    positions(feed.offer(messages.iter().map(message).collect(), Instant::now()))
}

fn positions(events: Vec<RecordedEvent>) -> Vec<i64> {
    events.into_iter().map(|event| event.position.get()).collect()
}

#[tokio::test(start_paused = true)]
async fn messages_in_line_are_next_and_duplicates_are_dropped() {
    let mut feed = feed(&[3]);
    assert_eq!(offer(&mut feed, &[(2, 1), (3, 2), (7, 3), (9, 7), (7, 3)]), [7, 9]);
    assert_eq!(offer(&mut feed, &[(9, 7)]), [0; 0]);
    assert_eq!(feed.frontiers(), [Some(position(9))]);
}

/// A checkpoint at 5, moved there with the head, is past the event at 3 that the next one follows.
#[tokio::test(start_paused = true)]
async fn what_follows_something_below_the_frontier_is_next() {
    assert_eq!(offer(&mut feed(&[5]), &[(8, 3)]), [8]);
}

#[tokio::test(start_paused = true)]
async fn messages_out_of_order_wait_for_what_they_follow() {
    let mut feed = feed(&[0]);
    assert_eq!(offer(&mut feed, &[(9, 4), (4, 2)]), [0; 0]);
    assert!(!feed.must_read_log(Instant::now(), false));
    assert_eq!(offer(&mut feed, &[(2, 0)]), [2, 4, 9]);
    tokio::time::advance(PATIENCE * 2).await;
    assert!(!feed.must_read_log(Instant::now(), true), "nothing is missing any more");
}

#[tokio::test(start_paused = true)]
async fn a_gap_has_patience_and_is_then_filled_from_the_log() {
    let mut feed = feed(&[1]);
    assert_eq!(offer(&mut feed, &[(4, 3)]), [0; 0]);
    let waited = feed.patience(Instant::now(), Duration::from_secs(1));
    assert_eq!(waited, PATIENCE);
    tokio::time::advance(waited).await;
    assert!(feed.must_read_log(Instant::now(), false));
    assert_eq!(feed.lowest_behind(), Some(position(1)));
    let page = vec![event(0, 2, 1), event(1, 3, 0)];
    // The page ends before the held message: that one comes now, as what it follows lies below the page's end.
    assert_eq!(positions(feed.take_page(position(1), page, Instant::now()).unwrap()), [2, 4]);
    assert!(!feed.must_read_log(Instant::now(), true));
}

#[tokio::test(start_paused = true)]
async fn more_than_may_be_held_is_not_waited_for() {
    let mut feed = Feed::new(ORIGIN, &[Some(Position::ZERO)], 2);
    offer(&mut feed, &[(4, 3), (5, 4), (6, 5)]);
    assert!(feed.must_read_log(Instant::now(), false));
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_is_behind_the_head_without_any_message_is_read_from_the_log() {
    let mut feed = feed(&[5, 5]);
    feed.observe(&head(9, &[4, 9]), Instant::now());
    assert!(!feed.must_read_log(Instant::now(), true));
    tokio::time::advance(PATIENCE).await;
    feed.observe(&head(9, &[4, 9]), Instant::now());
    assert!(feed.must_read_log(Instant::now(), true));
    assert!(!feed.must_read_log(Instant::now(), false), "under load its message may be on its way");
    tokio::time::advance(PATIENCE_UNDER_LOAD).await;
    assert!(feed.must_read_log(Instant::now(), false));
}

#[tokio::test(start_paused = true)]
async fn level_partitions_follow_the_head_and_others_do_not() {
    let mut feed = feed(&[5, 5]);
    feed.level(&head(9, &[4, 9]));
    assert_eq!(feed.frontiers(), [Some(position(9)), Some(position(5))]);
}

#[tokio::test(start_paused = true)]
async fn a_page_takes_along_who_is_in_it_and_leaves_alone_who_starts_before_it() {
    let mut feed = feed(&[5, 8, 2]);
    let page = vec![event(0, 6, 4), event(1, 7, 3), event(0, 8, 6)];
    assert_eq!(positions(feed.take_page(position(5), page, Instant::now()).unwrap()), [6, 8]);
    let frontiers = feed.frontiers();
    assert_eq!(frontiers, [Some(position(8)), Some(position(8)), Some(position(2))]);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_lacks_an_event_is_not_believed() {
    let broken = feed(&[0]).take_page(Position::ZERO, vec![event(0, 3, 2)], Instant::now());
    assert!(broken.is_err());
}

#[tokio::test(start_paused = true)]
async fn messages_of_another_log_and_of_partitions_that_are_not_applied_are_dropped() {
    let mut feed = Feed::new(ORIGIN, &[Some(Position::ZERO), None], 100);
    let other = Origin { timeline: 2, ..ORIGIN };
    let messages = vec![
        Message { origin: other, event: event(0, 1, 0) },
        Message { origin: ORIGIN, event: event(1, 1, 0) },
        Message { origin: ORIGIN, event: event(7, 1, 0) },
    ];
    assert_eq!(positions(feed.offer(messages, Instant::now())), [0; 0]);
}
