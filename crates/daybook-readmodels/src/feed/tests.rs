//! Which events are next. Events are written `position<-prev_position`, all in partition 0 unless said otherwise.

use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

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
    let count = u16::try_from(frontiers.len()).unwrap();
    let mut feed = Feed::new(count, 100);
    for (partition, at) in (0..).map(Partition).zip(frontiers) {
        feed.add(partition, position(*at));
    }
    // What was there when the feed was made is read.
    feed.take_page(Position::ZERO, Vec::new(), true, Instant::now()).unwrap();
    feed
}

fn offer(feed: &mut Feed, events: &[(i64, i64)]) -> Vec<i64> {
    let events = events.iter().map(|(at, prev)| event(0, *at, *prev)).collect();
    positions(feed.offer(events, Instant::now()))
}

fn wanted(feed: &Feed, named: &[i64], max: usize) -> Vec<i64> {
    let named = named.iter().copied().map(position).collect();
    feed.wanted(named, max).into_iter().map(Position::get).collect()
}

fn positions(events: Vec<RecordedEvent>) -> Vec<i64> {
    events.into_iter().map(|event| event.position.get()).collect()
}

#[tokio::test(start_paused = true)]
async fn events_in_line_are_next_and_duplicates_are_dropped() {
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
async fn events_out_of_order_wait_for_what_they_follow() {
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
    assert_eq!(positions(feed.take_page(position(1), page, true, Instant::now()).unwrap()), [2, 4]);
    assert!(!feed.must_read_log(Instant::now(), true));
}

#[tokio::test(start_paused = true)]
async fn more_than_may_be_held_is_not_waited_for() {
    let mut feed = feed(&[0]);
    feed.held_max = 2;
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
    assert_eq!(positions(feed.take_page(position(5), page, true, Instant::now()).unwrap()), [6, 8]);
    let frontiers = feed.frontiers();
    assert_eq!(frontiers, [Some(position(8)), Some(position(8)), Some(position(2))]);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_lacks_an_event_is_not_believed() {
    let broken = feed(&[0]).take_page(Position::ZERO, vec![event(0, 3, 2)], true, Instant::now());
    assert!(broken.is_err());
}

#[tokio::test(start_paused = true)]
async fn events_of_partitions_that_are_not_applied_are_dropped() {
    let mut feed = feed(&[0, 0]);
    feed.remove(Partition(1));
    let events = vec![event(1, 1, 0), event(7, 1, 0)];
    assert_eq!(positions(feed.offer(events, Instant::now())), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_messages_name_is_read_once_in_order_and_only_beyond_the_lowest_frontier() {
    let mut feed = feed(&[5, 8, 0]);
    // Messages of a partition that is catching up are no use.
    feed.add(Partition(2), position(0));
    assert_eq!(wanted(&feed, &[9, 4, 7, 9, 5, 6, 1 << 40, 7], 100), [6, 7, 9, 1 << 40]);
    assert_eq!(wanted(&feed, &[9, 8, 7, 6], 2), [6, 7]);
    for partition in [0, 1] {
        feed.remove(Partition(partition));
    }
    assert_eq!(wanted(&feed, &[9], 100), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_is_added_is_read_from_the_log_while_the_others_go_on_with_messages() {
    let mut feed = feed(&[5, 5]);
    feed.add(Partition(1), position(0));
    assert!(feed.is_catching_up());
    assert_eq!(feed.level_partitions(), [Partition(0)]);
    assert_eq!(offer(&mut feed, &[(7, 5)]), [7]);
    feed.observe(&head(7, &[7, 6]), Instant::now());
    assert_eq!(feed.lowest_behind(), Some(Position::ZERO));
    // A page that is not the last: it passes over what partition 0 has, and partition 1 has more to read.
    let page = vec![event(1, 1, 0), event(0, 2, 0), event(1, 3, 1)];
    let now = Instant::now();
    assert_eq!(positions(feed.take_page(Position::ZERO, page, false, now).unwrap()), [1, 3]);
    assert_eq!(feed.frontiers(), [Some(position(7)), Some(position(3))]);
    assert_eq!(feed.level_partitions(), [Partition(0)]);
    let rest = vec![event(1, 4, 3), event(0, 5, 2), event(1, 6, 4), event(0, 7, 5)];
    assert_eq!(positions(feed.take_page(position(3), rest, true, now).unwrap()), [4, 6]);
    assert_eq!(feed.level_partitions(), [Partition(0), Partition(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_partition_with_nothing_to_read_is_level_at_once() {
    let mut feed = feed(&[5, 5]);
    feed.add(Partition(1), position(4));
    feed.level(&head(9, &[9, 3]));
    assert_eq!(feed.level_partitions(), [Partition(0), Partition(1)]);
    assert_eq!(feed.frontiers(), [Some(position(5)), Some(position(9))]);
}

#[tokio::test(start_paused = true)]
async fn one_that_falls_more_than_a_page_behind_catches_up_from_the_log() {
    let mut feed = feed(&[0, 9]);
    let page = vec![event(0, 1, 0), event(0, 2, 1)];
    feed.take_page(Position::ZERO, page, false, Instant::now()).unwrap();
    assert_eq!(feed.level_partitions(), [Partition(1)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_for_a_partition_is_forgotten_with_it() {
    let mut feed = feed(&[0]);
    assert_eq!(offer(&mut feed, &[(4, 2)]), [0; 0]);
    feed.remove(Partition(0));
    feed.add(Partition(0), position(3));
    feed.level(&head(3, &[2]));
    assert_eq!(feed.held, 0);
    assert_eq!(offer(&mut feed, &[(6, 4)]), [0; 0]);
}
