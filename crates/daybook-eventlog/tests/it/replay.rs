//! Replay: order, filters, bounds, times, and a log that changes under it.

use daybook_core::event::NewEvent;
use daybook_core::ids::Position;
use daybook_eventlog::replay::{PAGE_BYTES_MAX, Replay};
use daybook_eventlog::{Page, ReplayError};

use crate::support::TestLog;
use crate::support::build::{event, json};

fn at(position: i64) -> Position {
    Position::new(position).unwrap()
}

/// 300 events: `tick` on `clock-<n>` and `tock` on `watch-<n>` in turn.
async fn log_with_300_events() -> TestLog {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    for batch in 0..6 {
        let make = |n: i64| {
            let (stream, event_type) =
                if n % 2 == 0 { ("clock", "tick") } else { ("watch", "tock") };
            NewEvent { event_type, ..event(&format!("{stream}-{n}"), 1) }
        };
        writer.must_append((batch * 50..batch * 50 + 50).map(make).collect()).await;
    }
    log
}

async fn pages(mut replay: Replay) -> Vec<Page> {
    let mut pages = Vec::new();
    while let Some(page) = replay.next_page().await.unwrap() {
        pages.push(page);
    }
    pages
}

fn positions(pages: &[Page]) -> Vec<i64> {
    pages.iter().flat_map(|page| &page.events).map(|event| event.position.get()).collect()
}

#[tokio::test]
async fn g3_a_replay_gives_every_event_once_in_order_in_bounded_pages() {
    let log = log_with_300_events().await;
    let pages = pages(log.reader.replay().page_events(7)).await;
    assert_eq!(positions(&pages), Vec::from_iter(1..=300));
    assert!(pages.iter().all(|page| page.events.len() <= 7));
    assert_eq!(pages.last().unwrap().reached, at(300));
}

#[tokio::test]
async fn a_replay_has_a_beginning_and_an_end() {
    let log = log_with_300_events().await;
    let part = log.reader.replay().after(at(10)).up_to(at(25)).page_events(4);
    assert_eq!(positions(&pages(part).await), Vec::from_iter(11..=25));
    let mut nothing = log.reader.replay().after(at(300));
    assert!(nothing.next_page().await.unwrap().is_none());
    assert!(nothing.next_page().await.unwrap().is_none(), "the end stays the end");
}

/// The end is the head as it was at the beginning; what comes later is another replay's.
#[tokio::test]
async fn what_is_appended_meanwhile_is_left_to_the_next_replay() {
    let log = log_with_300_events().await;
    let mut replay = log.reader.replay().page_events(100);
    let first = replay.next_page().await.unwrap().unwrap();
    log.writer().await.must_append(vec![event("late-1", 1)]).await;
    let mut all = vec![first];
    all.extend(pages(replay).await);
    assert_eq!(positions(&all), Vec::from_iter(1..=300));
    let next = log.reader.replay().after(all.last().unwrap().reached);
    assert_eq!(positions(&pages(next).await), [301]);
}

#[tokio::test]
async fn a_filter_leaves_out_other_types_and_no_page_is_slow_for_it() {
    let log = log_with_300_events().await;
    let even = |page: &Page| page.events.iter().all(|event| event.position.get() % 2 == 1);
    for replay in [
        log.reader.replay().page_events(50).stream_types(["clock"]),
        log.reader.replay().page_events(50).event_types(["tick", "never"]),
        log.reader.replay().page_events(50).stream_types(["clock"]).event_types(["tick"]),
    ] {
        let pages = pages(replay).await;
        assert_eq!(positions(&pages).len(), 150);
        assert!(pages.iter().all(even));
    }
    // Nothing fits: as many pages, each a range that was looked through, and all of them empty.
    let pages = pages(log.reader.replay().page_events(50).event_types(["never"])).await;
    let reached: Vec<_> = pages.iter().map(|page| page.reached.get()).collect();
    assert_eq!(reached, [50, 100, 150, 200, 250, 300]);
    assert!(positions(&pages).is_empty());
}

#[tokio::test]
async fn g11_a_page_of_large_events_ends_early() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(32_000));
    for batch in 0..10_i64 {
        let make = |n| NewEvent { data: json(&data), ..event(&format!("large-{batch}-{n}"), 1) };
        writer.must_append((0..60_i64).map(make).collect()).await;
    }
    let usual = (log.reader.replay(), PAGE_BYTES_MAX, 3);
    let smaller = (log.reader.replay().page_bytes(1024 * 1024), 1024 * 1024, 18);
    for (replay, bytes_max, pages_min) in [usual, smaller] {
        let pages = pages(replay).await;
        assert_eq!(positions(&pages), Vec::from_iter(1..=600));
        for page in &pages {
            let bytes: usize = page.events.iter().map(|event| event.data.get().len()).sum();
            assert!(bytes < bytes_max + data.len(), "{bytes} bytes");
        }
        assert!(pages.len() >= pages_min, "{} pages", pages.len());
    }
}

#[tokio::test]
async fn a_time_is_the_position_of_the_last_event_before_it() {
    let log = log_with_300_events().await;
    let all = log.all().await;
    for n in [0, 49, 50, 150, 299] {
        let time = all[n].recorded_at;
        let expected = all.iter().rposition(|event| event.recorded_at < time).map_or(0, |n| n + 1);
        let found = log.reader.position_before(time).await.unwrap();
        assert_eq!(found, at(i64::try_from(expected).unwrap()), "event {n}");
    }
    let later = all[299].recorded_at + time::Duration::microseconds(1);
    assert_eq!(log.reader.position_before(later).await.unwrap(), at(300));
    assert_eq!(TestLog::start().await.reader.position_before(later).await.unwrap(), at(0));
}

#[tokio::test]
async fn progress_tells_how_far_it_is() {
    let log = log_with_300_events().await;
    let mut replay = log.reader.replay().after(at(100)).page_events(50);
    assert_eq!(replay.progress().head, Position::ZERO);
    replay.next_page().await.unwrap();
    let progress = replay.progress();
    assert_eq!((progress.position, progress.head), (at(150), at(300)));
    assert!(progress.events_per_second > 0.0 && progress.time_left.is_some());
}

/// The log is restored to an older backup while it is read.
#[tokio::test]
async fn events_that_are_gone_are_an_error_and_never_passed_over() {
    let log = log_with_300_events().await;
    let mut replay = log.reader.replay().page_events(20);
    replay.next_page().await.unwrap();
    log.cut_back_to(100).await;
    let error = loop {
        match replay.next_page().await {
            Ok(Some(page)) => assert!(page.reached <= at(100)),
            Ok(None) => panic!("it came to an end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ReplayError::Gap { .. }), "{error}");
}
