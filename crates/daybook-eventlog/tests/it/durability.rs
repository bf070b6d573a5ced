//! G1: what is acknowledged is durable.

use std::time::Duration;

use daybook_eventlog::append::{AppendError, Appended};
use tokio::sync::watch;

use crate::support::build::event;
use crate::support::{BOUND, COMMAND, TestLog, Writer};

/// The server's default is off, and would acknowledge before the write-ahead log is on the disk.
#[tokio::test]
async fn g1_the_appender_commits_durably_even_where_the_server_would_not_by_default() {
    let log = TestLog::start_with(&[("synchronous_commit", "off")]).await;
    let mut writer = log.writer().await;
    let setting: String = sqlx::query_scalar("SHOW synchronous_commit")
        .fetch_one(writer.appender.connected().unwrap())
        .await
        .unwrap();
    assert_eq!(setting, "on");
}

/// The server is killed, as by a power cut, as soon as an append is acknowledged; again and again.
#[tokio::test]
async fn g1_what_was_committed_survives_a_kill_of_postgresql() {
    let mut log = TestLog::start_with(&[("synchronous_commit", "off")]).await;
    for round in 1..=3 {
        let mut writer = log.writer().await;
        writer
            .must_append(vec![event("account-a", round), event(&format!("account-{round}"), 1)])
            .await;
        let head = writer.head.clone();

        log.postgres.kill_immediately().await.unwrap();
        log.postgres.restart().await.unwrap();

        let mut reader = Writer::connect(log.options(COMMAND)).await;
        assert_eq!(reader.head, head, "round {round}");
        // The tip is still the event that was acknowledged.
        reader.appender.disconnect();
        reader.appender.connect(writer.tip).await.unwrap();
    }
    let positions: Vec<i64> =
        sqlx::query_scalar("SELECT position FROM log.events ORDER BY position")
            .fetch_all(&log.pool(COMMAND))
            .await
            .unwrap();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
}

/// The server is killed in the middle of a stream of appends, one of which is then in flight.
#[tokio::test]
async fn g1_a_kill_in_the_middle_loses_nothing_acknowledged_and_repeats_nothing() {
    let mut log = TestLog::start().await;
    let mut writer = log.writer().await;
    let acknowledged = watch::Sender::new(0);
    let appending = async {
        let mut ids = Vec::new();
        loop {
            let plan = writer.plan(vec![event("account-a", writer.head.position.get() + 1)]);
            ids.push(plan.events[0].event.event_id);
            match writer.append(&plan).await {
                Ok(_) => acknowledged.send_modify(|count| *count += 1),
                Err(_) => return (plan, ids),
            }
        }
    };
    let killing = async {
        acknowledged.subscribe().wait_for(|count| *count >= 50).await.unwrap();
        log.postgres.kill_immediately().await.unwrap();
    };
    let ((in_flight, ids), ()) = tokio::join!(appending, killing);
    log.postgres.restart().await.unwrap();

    let resolved = writer.resolve(&in_flight).await.unwrap();
    assert!(matches!(resolved, Appended::Committed { .. }), "{resolved:?}");
    let stored: Vec<_> = log.all().await.iter().map(|event| event.event_id).collect();
    assert_eq!(stored, ids, "not each append once, in order");
}

/// A server that does not answer at all must not keep an instance waiting for ever.
#[tokio::test]
async fn an_appender_gives_up_on_a_database_that_is_away() {
    let mut log = TestLog::start().await;
    let mut writer = log.writer().await;
    log.postgres.kill_immediately().await.unwrap();

    let plan = writer.plan(vec![event("account-a", 1)]);
    let append = tokio::time::timeout(BOUND, writer.append(&plan)).await.expect("bounded");
    assert!(matches!(append, Err(AppendError::Unknown(_))), "{append:?}");
    let resolve = tokio::time::timeout(Duration::from_secs(20), writer.resolve(&plan)).await;
    let resolve = resolve.expect("bounded");
    assert!(matches!(resolve, Err(AppendError::Away(_))), "{resolve:?}");

    log.postgres.restart().await.unwrap();
    writer.resolve(&plan).await.unwrap();
    assert_eq!(writer.head.position.get(), 1);
}
