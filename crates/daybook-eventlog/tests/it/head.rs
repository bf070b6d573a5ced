//! Where the log ends, which log it is, and how far behind somebody is.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::{Backlog, LogReader, ReadError};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::build::{event, stream_id};
use crate::support::{PARTITIONS, TestLog};

#[tokio::test]
async fn the_head_of_an_empty_log_is_zero() {
    let log = TestLog::start().await;
    let head = log.reader.head().await.unwrap();
    assert_eq!(head.position, Position::ZERO);
    assert_eq!(head.partition_positions, vec![Position::ZERO; usize::from(PARTITIONS)]);
    assert_eq!(log.writer().await.tip, None);
}

#[tokio::test]
async fn the_head_has_the_last_position_of_each_partition() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append((1..=9).map(|n| event(&format!("account-{n}"), 1)).collect()).await;
    let recorded_at = writer.must_append(vec![event("account-3", 2)]).await;

    let head = log.reader.head().await.unwrap();
    assert_eq!(head, writer.head);
    assert_eq!((head.position.get(), head.recorded_at), (10, recorded_at));
    let own = Partition::of(&stream_id("account-3"), PARTITIONS);
    assert_eq!(head.last_in(own).get(), 10);
    for partition in (0..PARTITIONS).map(Partition) {
        let last =
            log.all().await.iter().rfind(|event| event.partition == partition).map(|e| e.position);
        assert_eq!(head.last_in(partition), last.unwrap_or_default(), "partition {partition}");
    }
}

#[tokio::test]
async fn the_tip_is_the_event_at_the_head() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append(vec![event("account-a", 1), event("account-b", 1)]).await;
    let tip = log.writer().await.tip;
    assert_eq!(tip, writer.tip);
    let tip = tip.unwrap();
    assert_eq!(log.reader.event_id_at(tip.position).await.unwrap(), Some(tip.event_id));
    assert_eq!(log.reader.event_id_at(tip.position.next()).await.unwrap(), None);
}

#[tokio::test]
async fn every_reader_sees_the_same_identity() {
    let log = TestLog::start().await;
    assert_eq!(log.reader.identity().await.unwrap(), log.identity);
    assert_eq!(log.writer().await.appender.identity().await.unwrap(), log.identity);
    assert_eq!((log.identity.partition_count, log.identity.timeline), (PARTITIONS, 1));
}

#[tokio::test]
async fn the_first_event_of_a_partition_after_a_position_is_found() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append((1..=9).map(|n| event(&format!("account-{n}"), 1)).collect()).await;
    let events = log.all().await;
    for (partition, after) in (0..PARTITIONS).map(Partition).zip([0, 3, 8, 9]) {
        let after = Position::new(after).unwrap();
        let expected = events.iter().find(|e| e.partition == partition && e.position > after);
        let found = log.reader.first_after(partition, after).await.unwrap();
        assert_eq!(found, expected.map(|e| (e.position, e.recorded_at)), "partition {partition}");
    }
}

#[tokio::test]
async fn the_backlog_counts_what_is_not_applied_in_each_partition() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let none = vec![Position::ZERO; usize::from(PARTITIONS)];
    let nothing = vec![Backlog::default(); usize::from(PARTITIONS)];
    assert_eq!(log.reader.backlog(&none).await.unwrap(), nothing);

    writer.must_append((1..=9).map(|n| event(&format!("account-{n}"), 1)).collect()).await;
    let events = log.all().await;
    let in_partition = |partition: u16| {
        let of_it = events.iter().filter(|event| event.partition == Partition(partition));
        i64::try_from(of_it.count()).unwrap()
    };
    let behind = log.reader.backlog(&none).await.unwrap();
    for (partition, backlog) in (0..PARTITIONS).zip(&behind) {
        assert_eq!(backlog.events, in_partition(partition), "partition {partition}");
        assert_eq!(backlog.oldest_age_seconds > 0.0, backlog.events > 0, "{behind:?}");
    }

    // One far behind, the others at different places: each is counted from its own.
    let mut applied = writer.head.partition_positions.clone();
    assert_eq!(log.reader.backlog(&applied).await.unwrap(), nothing);
    let own = Partition::of(&stream_id("account-1"), PARTITIONS);
    applied[own.index()] = Position::ZERO;
    let last = events.last().unwrap();
    if last.partition != own {
        applied[last.partition.index()] = last.prev_position;
    }
    let behind = log.reader.backlog(&applied).await.unwrap();
    for (partition, backlog) in (0..PARTITIONS).map(Partition).zip(&behind) {
        let expected = match partition {
            p if p == own => in_partition(own.0),
            p if p == last.partition => 1,
            _ => 0,
        };
        assert_eq!(backlog.events, expected, "partition {partition}");
    }
}

/// Somebody's old snapshot (a dump of the database, say) keeps every dead version of the head's row. Who asks where the
/// log ends must not read through them.
#[tokio::test]
async fn the_head_is_found_at_once_while_its_dead_versions_are_kept() {
    let log = TestLog::start().await;
    let mut old = log.admin.begin().await.unwrap();
    sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM log.head")
        .execute(&mut *old)
        .await
        .unwrap();
    log.sql(
        "DO $$ BEGIN FOR moved IN 1..5000 LOOP
             UPDATE log.head SET position = moved WHERE position = moved - 1; COMMIT;
         END LOOP; END $$",
    )
    .await;
    assert_eq!(log.reader.head().await.unwrap().position.get(), 5_000);

    for query in [
        include_str!("../../src/queries/read_head.sql"),
        include_str!("../../src/queries/lock_head.sql"),
    ] {
        let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}");
        let plan: serde_json::Value =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&log.admin).await.unwrap();
        let pages = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap();
        assert!(pages < 10, "{pages} pages were read for one row: {plan:#}");
    }
}

/// The schema without the log: the migration was interrupted.
#[tokio::test]
async fn a_database_without_a_log_says_what_to_run() {
    let log = TestLog::start().await;
    log.sql("DELETE FROM log.head").await;
    let error = log.reader.head().await.unwrap_err();
    assert!(matches!(error, ReadError::NoLog), "{error:?}");
    assert!(error.to_string().contains("daybook migrate"), "{error}");

    log.postgres.create_database("empty").await.unwrap();
    let empty = PgPool::connect(&log.postgres.superuser_url("empty")).await.unwrap();
    LogReader::new(empty).head().await.unwrap_err();
}
