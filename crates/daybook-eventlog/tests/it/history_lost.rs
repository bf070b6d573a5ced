//! A log that was restored from an older backup, or lost its tail in a failover, is noticed by who knew more of it.

use daybook_eventlog::append::AppendError;

use crate::support::TestLog;
use crate::support::build::event;

#[tokio::test]
async fn a_head_that_is_lower_than_known_is_history_lost() {
    let log = TestLog::start().await;
    let (mut writer, mut other) = (log.writer().await, log.writer().await);
    writer.must_append((1..=3).map(|n| event("account-a", n)).collect()).await;
    let tip = writer.tip.unwrap();
    log.cut_back_to(2).await;

    let locked = writer.lock_head().await;
    assert!(matches!(locked, Err(AppendError::HistoryLost(known)) if known == tip), "{locked:?}");
    // Nothing stays locked.
    other.lock_head().await.unwrap();
    let plan = other.plan(vec![event("account-a", 3)]);
    other.append_locked(&plan).await.unwrap();
}

#[tokio::test]
async fn a_log_without_the_known_event_is_history_lost_at_the_next_connection() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append((1..=3).map(|n| event("account-a", n)).collect()).await;
    let tip = writer.tip;
    log.cut_back_to(2).await;

    writer.appender.disconnect();
    let connected = writer.appender.connect(tip).await;
    assert!(matches!(connected, Err(AppendError::HistoryLost(_))), "{connected:?}");
    assert!(
        writer.appender.connected().is_err(),
        "a connection to a log that is not ours was kept"
    );
}

/// Restored, and grown past the position again: the head alone would tell nothing.
#[tokio::test]
async fn another_event_at_the_known_position_is_history_lost_at_the_next_connection() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append((1..=3).map(|n| event("account-a", n)).collect()).await;
    log.cut_back_to(2).await;
    log.writer().await.must_append(vec![event("account-a", 3), event("account-a", 4)]).await;

    writer.appender.disconnect();
    let connected = writer.appender.connect(writer.tip).await;
    assert!(matches!(connected, Err(AppendError::HistoryLost(_))), "{connected:?}");
    // Who forgets what it knew may go on.
    writer.appender.connect(None).await.unwrap();
}

#[tokio::test]
async fn the_known_event_at_its_position_is_the_same_history() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append(vec![event("account-a", 1)]).await;
    log.writer().await.must_append(vec![event("account-a", 2)]).await;
    writer.appender.disconnect();
    writer.appender.connect(writer.tip).await.unwrap();
}

/// An append planned on what was lost must not go in.
#[tokio::test]
async fn an_append_after_a_lost_tail_appends_nothing() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append((1..=3).map(|n| event("account-a", n)).collect()).await;
    log.cut_back_to(2).await;
    let plan = writer.plan(vec![event("account-a", 4)]);
    let appended = writer.append(&plan).await.unwrap();
    assert_eq!(appended, daybook_eventlog::append::Appended::HeadMoved);
    assert_eq!(log.all().await.len(), 2);
}
