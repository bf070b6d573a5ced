//! Writing snapshots: a newer one is never replaced by an older one of the same code, and at each mark one is kept.

use daybook_bank::{Bank, BankState};
use daybook_core::ids::Version;
use daybook_eventlog::LogReader;
use daybook_eventlog::snapshot::{Snapshot, write_snapshots};

use crate::support::build::{account, stream_id, version};
use crate::support::{COMMAND, TestLog};

/// A log with two accounts of 300 events each.
async fn log_of_accounts() -> TestLog {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    for id in ["account-a", "account-b"] {
        writer.must_append(account(id, 300)).await;
    }
    log
}

async fn snapshot(log: &TestLog, id: &str, at: i64, fingerprint: i32) -> Snapshot {
    let state = format!("{{\"at\": {at}}}");
    let event_id = log.event_id(id, at).await;
    Snapshot {
        stream_id: stream_id(id),
        version: version(at),
        event_id,
        fingerprint,
        state,
        is_kept: false,
    }
}

/// Every snapshot as (stream, version, fingerprint, state).
async fn stored(log: &TestLog) -> Vec<(String, i64, i32, String)> {
    sqlx::query_as(
        "SELECT stream_id, version, fingerprint, state::text FROM log.snapshots ORDER BY 1",
    )
    .fetch_all(&log.admin)
    .await
    .unwrap()
}

fn row(id: &str, at: i64, fingerprint: i32) -> (String, i64, i32, String) {
    (id.into(), at, fingerprint, format!("{{\"at\": {at}}}"))
}

#[tokio::test]
async fn a_snapshot_replaces_an_older_one_and_never_a_newer_one() {
    let log = log_of_accounts().await;
    let pool = log.pool(COMMAND);
    for (at, kept) in [(200, 200), (100, 200), (200, 200), (300, 300)] {
        write_snapshots(&pool, &[snapshot(&log, "account-a", at, 1).await]).await.unwrap();
        assert_eq!(stored(&log).await, [row("account-a", kept, 1)], "after {at}");
    }
}

/// After a roll-out or a roll-back, what the code that runs can use counts, not which is newer.
#[tokio::test]
async fn a_snapshot_replaces_one_of_other_code_whatever_its_version() {
    let log = log_of_accounts().await;
    let pool = log.pool(COMMAND);
    for (at, fingerprint) in [(300, 1), (100, 2), (200, 1)] {
        write_snapshots(&pool, &[snapshot(&log, "account-a", at, fingerprint).await])
            .await
            .unwrap();
        assert_eq!(stored(&log).await, [row("account-a", at, fingerprint)]);
    }
}

#[tokio::test]
async fn of_two_snapshots_of_one_stream_the_newer_is_kept() {
    let log = log_of_accounts().await;
    let together = [
        snapshot(&log, "account-a", 100, 1).await,
        snapshot(&log, "account-b", 200, 1).await,
        snapshot(&log, "account-a", 300, 1).await,
        snapshot(&log, "account-b", 100, 1).await,
    ];
    write_snapshots(&log.pool(COMMAND), &together).await.unwrap();
    assert_eq!(stored(&log).await, [row("account-a", 300, 1), row("account-b", 200, 1)]);
}

/// It may have waited to be written while the log was restored.
#[tokio::test]
async fn a_snapshot_of_another_history_is_not_written() {
    let log = log_of_accounts().await;
    let pool = log.pool(COMMAND);
    let mut foreign = snapshot(&log, "account-a", 100, 1).await;
    foreign.event_id = uuid::Uuid::now_v7();
    let mut ahead = snapshot(&log, "account-a", 300, 1).await;
    ahead.version = version(301);
    write_snapshots(&pool, &[foreign, ahead, snapshot(&log, "account-b", 100, 1).await])
        .await
        .unwrap();
    assert_eq!(stored(&log).await, [row("account-b", 100, 1)]);
}

#[tokio::test]
async fn no_snapshots_are_written_without_complaint() {
    let log = TestLog::start().await;
    write_snapshots(&log.pool(COMMAND), &[]).await.unwrap();
    assert!(stored(&log).await.is_empty());
}

/// A log with an account of 2,500 events.
async fn log_of_a_long_account() -> TestLog {
    let log = TestLog::start().await;
    log.writer().await.must_append(account("account-a", 2500)).await;
    log
}

/// Every snapshot at a mark as (mark, version, fingerprint).
async fn at_marks(log: &TestLog) -> Vec<(i64, i64, i32)> {
    sqlx::query_as("SELECT mark, version, fingerprint FROM log.past_snapshots ORDER BY 1")
        .fetch_all(&log.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn at_each_mark_one_snapshot_is_kept_of_the_code_that_wrote_last() {
    let log = log_of_a_long_account().await;
    let pool = log.pool(COMMAND);
    let kept = async |at, fingerprint| Snapshot {
        is_kept: true,
        ..snapshot(&log, "account-a", at, fingerprint).await
    };
    let mut foreign = kept(1000, 1).await;
    foreign.event_id = uuid::Uuid::now_v7();
    write_snapshots(&pool, &[foreign, snapshot(&log, "account-a", 1100, 1).await]).await.unwrap();
    assert!(at_marks(&log).await.is_empty(), "of another history, and not to be kept");
    write_snapshots(&pool, &[kept(2001, 1).await, kept(1002, 1).await]).await.unwrap();
    write_snapshots(&pool, &[kept(1000, 1).await]).await.unwrap();
    assert_eq!(at_marks(&log).await, [(1000, 1002, 1), (2000, 2001, 1)]);
    write_snapshots(&pool, &[kept(1000, 2).await]).await.unwrap();
    assert_eq!(at_marks(&log).await, [(1000, 1000, 2), (2000, 2001, 1)]);
}

#[tokio::test]
async fn a_state_as_of_a_moment_is_folded_from_the_nearest_snapshot_of_this_code() {
    let log = log_of_a_long_account().await;
    let (pool, bank, id) = (log.pool(COMMAND), Bank::default(), stream_id("account-a"));
    let reader = LogReader::new(pool.clone());
    assert!(reader.snapshot_versions(None, 10).await.unwrap().is_empty());
    let missing = async || {
        let marks = reader.marks_without_snapshot(&bank, &id, version(2500)).await.unwrap();
        marks.into_iter().map(Version::get).collect::<Vec<_>>()
    };
    assert_eq!(missing().await, [1000, 2000]);
    for mark in [1000, 2000] {
        let made = reader.snapshot_at(&bank, &id, version(mark)).await.unwrap().unwrap();
        write_snapshots(&pool, &[made]).await.unwrap();
    }
    assert!(missing().await.is_empty());
    assert_eq!(
        reader.snapshot_versions(None, 10).await.unwrap(),
        [(id.clone(), version(2000))],
        "the newest"
    );
    let folded = async |at| {
        let folded = reader.state_at(&bank, &id, version(at)).await.unwrap();
        let Some(BankState::Account(account)) = folded.state else { panic!("{folded:?}") };
        assert_eq!(account.balance, at - 1, "at {at}");
        folded.snapshot.get()
    };
    for (at, snapshot) in [(999, 0), (1000, 1000), (1999, 1000), (2000, 2000), (2500, 2000)] {
        assert_eq!(folded(at).await, snapshot, "at {at}");
    }
    // What other code has made is made again, and until then passed over.
    log.sql("UPDATE log.past_snapshots SET fingerprint = fingerprint + 1 WHERE mark = 1000").await;
    assert_eq!(folded(1999).await, 0);
    assert_eq!(missing().await, [1000]);
    assert!(reader.snapshot_at(&bank, &id, version(3000)).await.unwrap().is_none());
}
