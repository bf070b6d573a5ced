//! An append whose answer is lost: it is settled by sending the same plan again, and never goes in twice.

use daybook_core::event::NewEvent;
use daybook_eventlog::append::{AppendError, Appended};
use sqlx::postgres::PgConnectOptions;

use crate::support::build::event;
use crate::support::proxy::{Fault, Proxy};
use crate::support::{BOUND, COMMAND, TestLog, Writer};

struct World {
    log: TestLog,
    proxy: Proxy,
    /// Behind the proxy. Has appended one event already, so that its statement is prepared and the next append is one
    /// request and one answer.
    writer: Writer,
}

impl World {
    async fn start() -> Self {
        let log = TestLog::start().await;
        let proxy = Proxy::to(log.postgres.port()).await;
        let options: PgConnectOptions = log.options(COMMAND).port(proxy.port());
        let mut writer = Writer::connect(options).await;
        writer.must_append(vec![event("account-a", 1)]).await;
        Self { log, proxy, writer }
    }
}

/// Another instance, past the proxy.
async fn somebody_else_appends(log: &TestLog, event: NewEvent) {
    log.writer().await.must_append(vec![event]).await;
}

fn outline(events: &[(i64, &str, i64)]) -> Vec<(i64, String, i64)> {
    events.iter().map(|(position, id, version)| (*position, (*id).to_owned(), *version)).collect()
}

#[tokio::test]
async fn an_append_that_went_in_without_its_answer_is_found_and_not_repeated() {
    let World { log, proxy, mut writer } = World::start().await;
    // The statement for several events is another one, and is prepared now as well.
    writer.must_append(vec![event("account-c", 1), event("account-c", 2)]).await;
    let plan = writer.plan(vec![event("account-a", 2), event("account-b", 1)]);
    proxy.arm(Fault::LoseAnswer);
    let lost = writer.append(&plan).await;
    assert!(matches!(lost, Err(AppendError::Unknown(_))), "{lost:?}");
    let stored = log.all().await;
    assert_eq!(stored.len(), 5, "the test is to lose the answer, not the append");

    let resolved = writer.resolve(&plan).await.unwrap();
    assert_eq!(resolved, Appended::Committed { recorded_at: stored[3].recorded_at });
    let once = outline(&[
        (1, "account-a", 1),
        (2, "account-c", 1),
        (3, "account-c", 2),
        (4, "account-a", 2),
        (5, "account-b", 1),
    ]);
    assert_eq!(log.outline().await, once);
    // Asked again, it says the same.
    assert_eq!(writer.appender.resolve(&plan, None).await.unwrap(), resolved);
    assert_eq!(log.outline().await, once);
    assert_eq!(log.reader.head().await.unwrap(), writer.head);
}

#[tokio::test]
async fn an_append_that_never_arrived_goes_in_once() {
    let World { log, proxy, mut writer } = World::start().await;
    let plan = writer.plan(vec![event("account-a", 2)]);
    proxy.arm(Fault::LoseRequest);
    let lost = writer.append(&plan).await;
    assert!(matches!(lost, Err(AppendError::Unknown(_))), "{lost:?}");
    assert_eq!(log.all().await.len(), 1);

    let resolved = writer.resolve(&plan).await.unwrap();
    assert!(matches!(resolved, Appended::Committed { .. }), "{resolved:?}");
    assert_eq!(log.outline().await, outline(&[(1, "account-a", 1), (2, "account-a", 2)]));
}

/// Once the new one is in, the old one finds the head elsewhere, however late it arrives.
#[tokio::test]
async fn an_append_that_arrives_after_it_was_settled_changes_nothing() {
    let World { log, proxy, mut writer } = World::start().await;
    let plan = writer.plan(vec![event("account-a", 2)]);
    proxy.arm(Fault::HoldRequest);
    tokio::select! {
        result = writer.append(&plan) => panic!("answered while held: {result:?}"),
        () = proxy.struck() => {}
    }
    let resolved = writer.resolve(&plan).await.unwrap();
    assert!(matches!(resolved, Appended::Committed { .. }), "{resolved:?}");

    let once = outline(&[(1, "account-a", 1), (2, "account-a", 2)]);
    assert_eq!(log.outline().await, once);
    tokio::time::timeout(BOUND, proxy.release()).await.expect("the late append is answered");
    assert_eq!(log.outline().await, once);
    writer.must_append(vec![event("account-a", 3)]).await;
}

#[tokio::test]
async fn an_append_that_never_arrived_and_was_overtaken_did_not_happen() {
    let World { log, proxy, mut writer } = World::start().await;
    let plan = writer.plan(vec![event("account-a", 2)]);
    proxy.arm(Fault::LoseRequest);
    writer.append(&plan).await.unwrap_err();
    somebody_else_appends(&log, event("account-b", 1)).await;

    assert_eq!(writer.resolve(&plan).await.unwrap(), Appended::HeadMoved);
    assert_eq!(log.outline().await, outline(&[(1, "account-a", 1), (2, "account-b", 1)]));
}

/// That the head moved on does not mean that the append did not happen.
#[tokio::test]
async fn an_append_that_went_in_and_was_followed_by_another_is_found() {
    let World { log, proxy, mut writer } = World::start().await;
    let plan = writer.plan(vec![event("account-a", 2)]);
    proxy.arm(Fault::LoseAnswer);
    writer.append(&plan).await.unwrap_err();
    somebody_else_appends(&log, event("account-b", 1)).await;

    let resolved = writer.resolve(&plan).await.unwrap();
    assert!(matches!(resolved, Appended::Committed { .. }), "{resolved:?}");
    let once = outline(&[(1, "account-a", 1), (2, "account-a", 2), (3, "account-b", 1)]);
    assert_eq!(log.outline().await, once);
}

/// An administrator, or a shutdown, ends the session while its append waits: PostgreSQL says so, and not whether that was
/// after the commit.
#[tokio::test]
async fn an_append_whose_session_was_ended_is_unknown_and_goes_in_once() {
    let log = TestLog::start().await;
    let (mut holder, mut writer) = (log.writer().await, log.writer().await);
    holder.lock_head().await.unwrap();
    let plan = writer.plan(vec![event("account-a", 1)]);
    let (ended, ()) = tokio::join!(writer.append(&plan), async {
        log.somebody_waits_for_a_lock().await;
        log.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
        )
        .await;
    });
    assert!(matches!(ended, Err(AppendError::Unknown(_))), "{ended:?}");
    holder.appender.unlock().await;

    writer.resolve(&plan).await.unwrap();
    assert_eq!(log.outline().await, outline(&[(1, "account-a", 1)]));
}

/// Who does not know whether its own append is in the log must also notice that the log is another one.
#[tokio::test]
async fn settling_notices_a_log_that_lost_its_tail() {
    let World { log, proxy, mut writer } = World::start().await;
    let plan = writer.plan(vec![event("account-a", 2)]);
    proxy.arm(Fault::LoseAnswer);
    writer.append(&plan).await.unwrap_err();
    log.cut_back_to(0).await;

    let resolved = writer.resolve(&plan).await;
    assert!(matches!(resolved, Err(AppendError::HistoryLost(_))), "{resolved:?}");
    assert!(log.all().await.is_empty());
}

#[tokio::test]
async fn a_lost_commit_under_the_lock_is_settled_too() {
    let World { log, proxy, mut writer } = World::start().await;
    writer.lock_head().await.unwrap();
    let plan = writer.plan(vec![event("account-a", 2)]);
    // The append itself passes; what is lost is the answer to COMMIT.
    assert!(matches!(writer.appender.append(&plan).await, Ok(Appended::Committed { .. })));
    proxy.arm(Fault::LoseAnswer);
    // In one message: as a prepared statement it would lose the answer to being prepared.
    sqlx::raw_sql("COMMIT").execute(writer.appender.connected().unwrap()).await.unwrap_err();
    assert_eq!(log.all().await.len(), 2, "the test is to lose the answer, not the commit");

    let resolved = writer.resolve(&plan).await.unwrap();
    assert!(matches!(resolved, Appended::Committed { .. }), "{resolved:?}");
    assert_eq!(log.outline().await, outline(&[(1, "account-a", 1), (2, "account-a", 2)]));
}
