//! Writing snapshots: a newer one is never replaced by an older one of the same code.

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
    Snapshot { stream_id: stream_id(id), version: version(at), event_id, fingerprint, state }
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
