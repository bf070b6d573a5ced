//! G4: one append may span several streams, all or nothing.

use daybook_core::event::NewEvent;
use daybook_eventlog::append::AppendError;

use crate::support::build::{batch_of, event, poisoned};
use crate::support::{COMMAND, TestLog, Writer};

#[tokio::test]
async fn g4_an_append_over_several_streams_goes_in_as_a_whole() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let at = writer
        .must_append(vec![event("transfer-1", 1), event("account-a", 1), event("account-b", 1)])
        .await;
    let expected = ["transfer-1", "account-a", "account-b"];
    let outline: Vec<_> = (1..).zip(expected).map(|(n, id)| (n, id.to_owned(), 1)).collect();
    assert_eq!(log.outline().await, outline);
    assert!(log.all().await.iter().all(|event| event.recorded_at == at), "not one time");
}

#[tokio::test]
async fn g4_a_poisoned_event_in_the_middle_takes_the_whole_append_with_it() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append(vec![event("account-a", 1)]).await;
    let head = log.reader.head().await.unwrap();

    let commands = batch_of(vec![
        ("first", vec![event("account-a", 2)]),
        ("second", vec![event("account-b", 1), poisoned("transfer-1", 1), event("account-c", 1)]),
        ("third", vec![event("account-a", 3)]),
    ]);
    let plan = writer.plan_batch(commands);
    let refused = writer.append(&plan).await.unwrap_err();
    assert!(matches!(refused, AppendError::Refused(_)), "{refused:?}");

    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
    assert_eq!(log.reader.head().await.unwrap(), head);
    let commands: i64 = sqlx::query_scalar("SELECT count(*) FROM log.commands")
        .fetch_one(&log.admin)
        .await
        .unwrap();
    assert_eq!(commands, 1, "a command of the refused append is kept");
}

/// What the journal does with a batch that holds a culprit: the others go in.
#[tokio::test]
async fn the_same_connection_appends_the_innocent_after_a_refusal() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let plan = writer.plan(vec![event("account-a", 1), poisoned("account-b", 1)]);
    writer.append(&plan).await.unwrap_err();
    writer.must_append(vec![event("account-a", 1)]).await;
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
}

#[tokio::test]
async fn g4_a_poisoned_append_under_the_lock_appends_nothing_and_gives_the_lock_back() {
    let log = TestLog::start().await;
    let (mut writer, mut other) = (log.writer().await, log.writer().await);
    writer.lock_head().await.unwrap();
    let plan = writer.plan(vec![event("account-a", 1), poisoned("account-b", 1)]);
    let refused = writer.append_locked(&plan).await.unwrap_err();
    assert!(matches!(refused, AppendError::Refused(_)), "{refused:?}");

    other.must_append(vec![event("account-c", 1)]).await;
    assert_eq!(log.outline().await, [(1, "account-c".into(), 1)]);
}

/// What the edge refuses before it comes here. Nothing of it may look like a database that is away: the same batch would
/// be sent again and again.
#[tokio::test]
async fn what_postgresql_cannot_hold_is_refused_as_the_batchs_own_fault() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let boring = || event("account-b", 1);
    let culprits = [
        ("U+0000 in a type", NewEvent { event_type: "a\0b", ..boring() }),
        ("nesting without end", poisoned("account-b", 1)),
    ];
    for (what, culprit) in culprits {
        let plan = writer.plan(vec![event("account-a", 1), culprit]);
        let refused = writer.append(&plan).await;
        assert!(matches!(refused, Err(AppendError::Refused(_))), "{what}: {refused:?}");
    }
    assert!(log.all().await.is_empty());
}

/// As a standby is, or a server that was made read-only: the batch is not at fault and may go in later.
#[tokio::test]
async fn a_read_only_server_takes_nothing_now() {
    let log = TestLog::start().await;
    let read_only = log.options(COMMAND).options([("default_transaction_read_only", "on")]);
    let mut writer = Writer::connect(read_only).await;
    let plan = writer.plan(vec![event("account-a", 1)]);
    let append = writer.append(&plan).await;
    assert!(matches!(append, Err(AppendError::Away(_))), "{append:?}");
    assert!(log.all().await.is_empty());
}

/// Larger than any one message to the server would be: nothing depends on how it is cut up.
#[tokio::test]
async fn a_batch_of_thousands_of_events_goes_in_as_a_whole() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let events = (1..=5_000).map(|n| event(&format!("account-{}", n % 7), (n + 6) / 7)).collect();
    writer.must_append(events).await;
    assert_eq!(log.reader.head().await.unwrap(), writer.head);
    assert_eq!(log.all().await.len(), 5_000);
}
