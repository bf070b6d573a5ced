//! G5: a command has its effect once, and every retry gets the first receipt.

use daybook_eventlog::append::AppendError;
use daybook_eventlog::command::find_commands;

use crate::support::build::{batch_of, command_id, content_hash, event, stream_id, version};
use crate::support::{COMMAND, QUERY, TestLog};

#[tokio::test]
async fn g5_a_command_id_that_had_its_effect_is_refused_with_all_that_is_beside_it() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append_batch(batch_of(vec![("deposit", vec![event("account-a", 1)])])).await;

    let again = batch_of(vec![
        ("other", vec![event("account-b", 1)]),
        ("deposit", vec![event("account-a", 2)]),
    ]);
    let plan = writer.plan_batch(again);
    let refused = writer.append(&plan).await.unwrap_err();
    assert!(matches!(refused, AppendError::CommandKnown), "{refused:?}");
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
    let known = find_commands(&log.pool(COMMAND), &[command_id("other")]).await.unwrap();
    assert!(known.is_empty(), "a command of the refused append is kept");

    // The connection is still good.
    writer.must_append(vec![event("account-a", 2)]).await;
}

#[tokio::test]
async fn g5_the_same_command_twice_in_one_batch_is_refused() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let twice = batch_of(vec![
        ("deposit", vec![event("account-a", 1)]),
        ("deposit", vec![event("account-a", 2)]),
    ]);
    let plan = writer.plan_batch(twice);
    let refused = writer.append(&plan).await.unwrap_err();
    assert!(matches!(refused, AppendError::CommandKnown), "{refused:?}");
    assert!(log.all().await.is_empty());
}

/// Two instances get the same command at the same time; the second learns it when it has caught up.
#[tokio::test]
async fn g5_the_same_command_through_two_instances_has_its_effect_once() {
    let log = TestLog::start().await;
    let (mut one, mut other) = (log.writer().await, log.writer().await);
    one.must_append_batch(batch_of(vec![("deposit", vec![event("account-a", 1)])])).await;

    other.lock_head().await.unwrap();
    let plan = other.plan_batch(batch_of(vec![("deposit", vec![event("account-a", 2)])]));
    let refused = other.append_locked(&plan).await.unwrap_err();
    assert!(matches!(refused, AppendError::CommandKnown), "{refused:?}");
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
}

/// A receipt is read from the events: it must be the one that the first caller got.
#[tokio::test]
async fn g5_a_retry_gets_the_first_receipt() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let plan = writer.plan_batch(batch_of(vec![
        ("open", vec![event("account-b", 1)]),
        // Streams out of alphabetical order, one of them twice with another between.
        (
            "execute",
            vec![
                event("transfer-9", 1),
                event("account-b", 2),
                event("account-a", 1),
                event("account-b", 3),
            ],
        ),
        ("fee", vec![event("account-a", 2)]),
    ]));
    writer.append(&plan).await.unwrap();
    let first = plan.receipts(writer.head.recorded_at);

    let ids: Vec<_> = ["fee", "nobody", "execute", "open"].map(command_id).into();
    let known = find_commands(&log.pool(COMMAND), &ids).await.unwrap();
    assert_eq!(known.len(), 3);
    for (name, receipt) in ["open", "execute", "fee"].into_iter().zip(first) {
        let command = &known[&command_id(name)];
        assert_eq!(command.receipt, receipt, "of {name}");
        assert_eq!(command.content_hash, content_hash(name), "of {name}");
    }
    let execute = &known[&command_id("execute")].receipt;
    assert_eq!(execute.position.get(), 5);
    let streams = [("transfer-9", 1), ("account-b", 3), ("account-a", 1)];
    assert_eq!(execute.streams, streams.map(|(id, n)| (stream_id(id), version(n))));
}

#[tokio::test]
async fn commands_are_found_over_the_connection_that_appends_and_by_the_query_service() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append_batch(batch_of(vec![("deposit", vec![event("account-a", 1)])])).await;
    let ids = [command_id("deposit")];
    let by_appender = find_commands(writer.appender.connected().unwrap(), &ids).await.unwrap();
    let by_query = find_commands(&log.pool(QUERY), &ids).await.unwrap();
    assert_eq!(by_appender[&ids[0]].receipt, by_query[&ids[0]].receipt);
    assert!(find_commands(&log.pool(QUERY), &[]).await.unwrap().is_empty());
}
