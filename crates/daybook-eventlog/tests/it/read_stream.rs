//! Reading one stream: both ways, between versions, by type, a page at a time.

use daybook_core::event::NewEvent;
use daybook_core::ids::Version;
use daybook_eventlog::{Direction, StreamQuery};

use crate::support::TestLog;
use crate::support::build::{event, stream_id, version};

/// Ten events on the stream, odd versions `tick`, even ones `tock`, with another stream between.
async fn log_with_ten_events() -> TestLog {
    let log = TestLog::start().await;
    let ticking = |n: i64| NewEvent {
        event_type: if n % 2 == 1 { "tick" } else { "tock" },
        ..event("account-a", n)
    };
    let events = (1..=10).flat_map(|n| [ticking(n), event("account-ab", n)]).collect();
    log.writer().await.must_append(events).await;
    log
}

/// All of the stream, forwards.
fn whole_stream() -> StreamQuery {
    StreamQuery {
        stream_id: stream_id("account-a"),
        from_version: version(1),
        to_version: Version::MAX,
        event_types: Vec::new(),
        direction: Direction::Forwards,
        limit: 1_000,
    }
}

async fn versions(log: &TestLog, query: StreamQuery) -> Vec<i64> {
    let events = log.reader.read_stream(&query).await.unwrap();
    assert!(events.iter().all(|event| event.stream_id == query.stream_id), "another stream");
    events.iter().map(|event| event.version.get()).collect()
}

#[tokio::test]
async fn a_stream_is_read_forwards_and_backwards() {
    let log = log_with_ten_events().await;
    assert_eq!(versions(&log, whole_stream()).await, Vec::from_iter(1..=10));
    let backwards = StreamQuery { direction: Direction::Backwards, ..whole_stream() };
    assert_eq!(versions(&log, backwards).await, Vec::from_iter((1..=10).rev()));
}

#[tokio::test]
async fn a_stream_is_read_between_versions_both_inclusive() {
    let log = log_with_ten_events().await;
    let cases: [(i64, i64, &[i64]); 6] = [
        (3, 5, &[3, 4, 5]),
        (1, 1, &[1]),
        (10, 10, &[10]),
        (9, 20, &[9, 10]),
        (11, 20, &[]),
        (5, 4, &[]),
    ];
    for (from, to, expected) in cases {
        let forwards =
            StreamQuery { from_version: version(from), to_version: version(to), ..whole_stream() };
        let backwards = StreamQuery { direction: Direction::Backwards, ..forwards.clone() };
        assert_eq!(versions(&log, forwards).await, expected, "{from} ..= {to}");
        let reversed: Vec<_> = expected.iter().rev().copied().collect();
        assert_eq!(versions(&log, backwards).await, reversed, "{to} back to {from}");
    }
}

#[tokio::test]
async fn a_stream_is_read_by_event_types() {
    let log = log_with_ten_events().await;
    let cases: [(&[&str], &[i64]); 3] = [
        (&["tick"], &[1, 3, 5, 7, 9]),
        (&["tock", "tick"], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (&["boom"], &[]),
    ];
    for (types, expected) in cases {
        let event_types = types.iter().map(|name| (*name).to_owned()).collect();
        let query = StreamQuery { event_types, ..whole_stream() };
        assert_eq!(versions(&log, query).await, expected, "{types:?}");
    }
}

#[tokio::test]
async fn a_page_holds_the_first_events_of_its_direction_that_fit_the_filter() {
    let log = log_with_ten_events().await;
    let ticks = |direction, limit| StreamQuery {
        event_types: vec!["tick".into()],
        direction,
        limit,
        ..whole_stream()
    };
    assert_eq!(versions(&log, ticks(Direction::Forwards, 2)).await, [1, 3]);
    assert_eq!(versions(&log, ticks(Direction::Backwards, 2)).await, [9, 7]);
    assert!(versions(&log, ticks(Direction::Forwards, 0)).await.is_empty());
}

#[tokio::test]
async fn a_stream_that_does_not_exist_has_no_events() {
    let log = log_with_ten_events().await;
    let query = StreamQuery { stream_id: stream_id("account-nobody"), ..whole_stream() };
    assert!(versions(&log, query).await.is_empty());
}
