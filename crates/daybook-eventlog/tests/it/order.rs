//! G3: positions are 1, 2, 3 … in commit order, and no reader ever skips an event.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::LogReader;
use daybook_eventlog::append::Appended;
use sqlx::PgPool;

use crate::support::build::event;
use crate::support::{PARTITIONS, PROJECTOR, TestLog, Writer};

const WRITERS: usize = 4;
const BATCHES: usize = 60;
/// Of one batch.
const EVENTS: usize = 3;
const TOTAL: usize = WRITERS * BATCHES * EVENTS;

/// Four writers fight for the head, two by trying until they win, two by taking its lock first; a reader that looks all
/// the time must get 1, 2, 3 … each time it looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g3_readers_do_not_skip_events_when_writers_contend() {
    let log = TestLog::start().await;
    let reader = LogReader::new(log.pool(PROJECTOR));
    let running = AtomicUsize::new(WRITERS);
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(log.writer().await);
    }
    let writing =
        futures::future::join_all(writers.into_iter().enumerate().map(async |(n, writer)| {
            if n % 2 == 0 {
                append_until_it_wins(writer, n).await;
            } else {
                append_under_the_lock(writer, n).await;
            }
            running.fetch_sub(1, Ordering::SeqCst);
        }));
    let (_, read) = tokio::join!(writing, read_while(&reader, &running));

    assert_eq!(read.len(), TOTAL);
    assert_links(&read);
    assert_versions_without_gaps(&read);
    assert!(read.is_sorted_by_key(|event| event.recorded_at), "time goes back somewhere");
    let head = reader.head().await.unwrap();
    assert_eq!(head.position.get(), i64::try_from(TOTAL).unwrap());
    assert_eq!(head.recorded_at, read.last().unwrap().recorded_at);
}

/// Reads page by page from the last position, until nobody writes and nothing is left. Each page must go on exactly where
/// the last one ended.
async fn read_while(reader: &LogReader, running: &AtomicUsize) -> Vec<RecordedEvent> {
    let mut read: Vec<RecordedEvent> = Vec::new();
    loop {
        // Before the page: what is committed after it belongs to the next one.
        let done = running.load(Ordering::SeqCst) == 0;
        let cursor = read.last().map_or(Position::ZERO, |event| event.position);
        let page = reader.read_log(cursor, 50).await.unwrap();
        for (event, expected) in page.iter().zip(cursor.get() + 1..) {
            assert_eq!(event.position.get(), expected, "the reader skipped an event");
        }
        if page.is_empty() && done {
            return read;
        }
        read.extend(page);
    }
}

async fn append_until_it_wins(mut writer: Writer, n: usize) {
    let mut next = 1;
    for _ in 0..BATCHES {
        loop {
            let plan = writer.plan(events(n, next));
            match writer.append(&plan).await.unwrap() {
                Appended::Committed { .. } => break,
                Appended::HeadMoved => {
                    (writer.head, writer.tip) = writer.appender.head_and_tip().await.unwrap();
                }
            }
        }
        next += 2;
    }
}

async fn append_under_the_lock(mut writer: Writer, n: usize) {
    let mut next = 1;
    for _ in 0..BATCHES {
        writer.lock_head().await.unwrap();
        let plan = writer.plan(events(n, next));
        let appended = writer.append_locked(&plan).await.unwrap();
        assert!(matches!(appended, Appended::Committed { .. }), "lost under the lock");
        next += 2;
    }
}

/// Two on the writer's own stream, one on a stream that is new.
fn events(writer: usize, next: i64) -> Vec<daybook_core::event::NewEvent> {
    let own = format!("account-{writer}");
    vec![event(&own, next), event(&format!("transfer-{writer}.{next}"), 1), event(&own, next + 1)]
}

fn assert_links(events: &[RecordedEvent]) {
    let mut last: HashMap<Partition, Position> = HashMap::new();
    for event in events {
        assert_eq!(event.partition, Partition::of(&event.stream_id, PARTITIONS));
        let before = last.insert(event.partition, event.position).unwrap_or_default();
        assert_eq!(event.prev_position, before, "at {}", event.position);
    }
}

fn assert_versions_without_gaps(events: &[RecordedEvent]) {
    let mut last: HashMap<&str, i64> = HashMap::new();
    for event in events {
        let version = last.entry(event.stream_id.as_str()).or_default();
        *version += 1;
        assert_eq!(event.version.get(), *version, "of {}", event.stream_id);
    }
}

/// The head is put an hour ahead, as if the clock had gone back since.
#[tokio::test]
async fn g3_recorded_at_never_decreases_when_the_clock_goes_back() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let before = writer.must_append(vec![event("account-a", 1)]).await;
    log.sql("UPDATE log.head SET recorded_at = recorded_at + interval '5 minutes'").await;

    let clamped = writer.must_append(vec![event("account-a", 2)]).await;
    assert_eq!(clamped, before + time::Duration::minutes(5));
    let still_clamped = writer.must_append(vec![event("account-a", 3)]).await;
    assert_eq!(still_clamped, clamped);
    let times: Vec<_> = log.all().await.iter().map(|event| event.recorded_at).collect();
    assert_eq!(times, [before, clamped, clamped]);
}

/// While the first is not committed, nobody can commit anything above it.
#[tokio::test]
async fn g3_nothing_becomes_visible_above_an_append_that_is_not_committed() {
    let log = TestLog::start().await;
    let (mut first, mut second) = (log.writer().await, log.writer().await);
    first.lock_head().await.unwrap();
    let plan = first.plan(vec![event("account-a", 1)]);
    // Sent, and its transaction left open.
    assert!(matches!(first.append(&plan).await.unwrap(), Appended::Committed { .. }));

    let above = second.plan(vec![event("account-b", 1)]);
    tokio::join!(
        async {
            log.somebody_waits_for_a_lock().await;
            assert_eq!(visible(&log.admin).await, 0);
            first.appender.unlock().await;
        },
        async {
            assert!(matches!(second.append(&above).await.unwrap(), Appended::Committed { .. }))
        }
    );
    assert_eq!(log.outline().await, [(1, "account-b".into(), 1)]);
}

async fn visible(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM log.events").fetch_one(pool).await.unwrap()
}
