//! Taking the head's lock: catching up under it, and what happens when its holder does not give it back.

use daybook_eventlog::append::{AppendError, Appended};
use sqlx::postgres::PgConnectOptions;

use crate::support::build::event;
use crate::support::{COMMAND, TestLog, Writer};

#[tokio::test]
async fn under_the_lock_an_instance_sees_what_others_appended_since() {
    let log = TestLog::start().await;
    let (mut late, mut other) = (log.writer().await, log.writer().await);
    late.must_append(vec![event("account-a", 1)]).await;
    other.lock_head().await.unwrap();
    let plan = other.plan(vec![event("account-b", 1), event("account-a", 2)]);
    other.append_locked(&plan).await.unwrap();

    let caught_up = late.lock_head().await.unwrap();
    assert_eq!(caught_up.head, other.head);
    assert_eq!(caught_up.tip, other.tip);
    let seen: Vec<_> = caught_up.events.unwrap().iter().map(|event| event.position.get()).collect();
    assert_eq!(seen, [2, 3]);
    let plan = late.plan(vec![event("account-a", 3)]);
    assert!(matches!(late.append_locked(&plan).await, Ok(Appended::Committed { .. })));
    assert_eq!(log.all().await.len(), 4);
}

/// The events between are read in a later statement than the one that waited, which would not see them.
#[tokio::test]
async fn what_was_appended_while_an_instance_waited_for_the_lock_is_seen() {
    let log = TestLog::start().await;
    let (mut holder, mut waiting) = (log.writer().await, log.writer().await);
    holder.lock_head().await.unwrap();
    let plan = holder.plan(vec![event("account-a", 1)]);
    let (_, caught_up) = tokio::join!(
        async {
            log.somebody_waits_for_a_lock().await;
            holder.append_locked(&plan).await.unwrap()
        },
        waiting.lock_head()
    );
    let caught_up = caught_up.unwrap();
    assert_eq!(caught_up.head, holder.head);
    assert_eq!(caught_up.tip, holder.tip);
    assert_eq!(caught_up.events.unwrap().len(), 1);
}

#[tokio::test]
async fn catching_up_is_bounded() {
    let log = TestLog::start().await;
    let (mut late, mut other) = (log.writer().await, log.writer().await);
    other.must_append((1..=10).map(|n| event("account-a", n)).collect()).await;

    let enough = late.appender.lock_head(None, 10).await.unwrap();
    assert_eq!(enough.events.unwrap().len(), 10);
    late.appender.unlock().await;
    let too_many = late.appender.lock_head(None, 9).await.unwrap();
    assert!(too_many.events.is_none());
    assert_eq!((too_many.head, too_many.tip), (other.head.clone(), other.tip));
    late.appender.unlock().await;
}

#[tokio::test]
async fn an_empty_log_can_be_locked() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let caught_up = writer.lock_head().await.unwrap();
    assert_eq!((caught_up.head.position.get(), caught_up.tip), (0, None));
    assert!(caught_up.events.unwrap().is_empty());
}

#[tokio::test]
async fn a_lock_that_is_given_back_lets_others_append() {
    let log = TestLog::start().await;
    let (mut holder, mut other) = (log.writer().await, log.writer().await);
    holder.lock_head().await.unwrap();
    holder.appender.unlock().await;
    other.must_append(vec![event("account-a", 1)]).await;

    holder.lock_head().await.unwrap();
    holder.appender.disconnect();
    other.must_append(vec![event("account-a", 2)]).await;
}

/// The head is locked by somebody who was paused and will never go on: the server ends that session, and the append of
/// the other goes in, which all the time only waited.
#[tokio::test]
async fn who_holds_the_lock_and_does_nothing_blocks_nobody_for_ever() {
    let log = TestLog::start().await;
    let impatient: PgConnectOptions =
        log.options(COMMAND).options([("idle_in_transaction_session_timeout", "200ms")]);
    let mut paused = Writer::connect(impatient).await;
    let mut other = log.writer().await;
    paused.lock_head().await.unwrap();

    other.must_append(vec![event("account-a", 1)]).await;

    // When it goes on, it learns that it has lost the lock, and appends nothing.
    let plan = paused.plan(vec![event("account-a", 1)]);
    let late = paused.append_locked(&plan).await;
    assert!(matches!(late, Err(AppendError::Unknown(_) | AppendError::Away(_))), "{late:?}");
    assert_eq!(paused.resolve(&plan).await.unwrap(), Appended::HeadMoved);
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
}

/// The other bounds: who waits gives up before its caller does, and knows for certain that nothing was appended.
#[tokio::test]
async fn who_waits_for_the_lock_too_long_has_appended_nothing() {
    for bound in ["lock_timeout", "statement_timeout"] {
        let log = TestLog::start().await;
        let mut holder = log.writer().await;
        let mut waiting = Writer::connect(log.options(COMMAND).options([(bound, "200ms")])).await;
        holder.lock_head().await.unwrap();

        let plan = waiting.plan(vec![event("account-a", 1)]);
        let append = waiting.append(&plan).await;
        assert!(matches!(append, Err(AppendError::Away(_))), "{bound}: {append:?}");
        waiting.appender.connect(None).await.unwrap();
        let lock = waiting.lock_head().await;
        assert!(matches!(lock, Err(AppendError::Read(_))), "{bound}: {lock:?}");

        holder.appender.unlock().await;
        assert!(log.all().await.is_empty());
        waiting.appender.connect(None).await.unwrap();
        waiting.must_append(vec![event("account-a", 1)]).await;
    }
}

/// The bounds that a real instance has.
#[tokio::test]
async fn every_connection_of_a_service_is_bounded_by_the_server() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let connection = writer.appender.connected().unwrap();
    for (setting, value) in [
        ("idle_in_transaction_session_timeout", "10s"),
        ("lock_timeout", "10s"),
        ("statement_timeout", "30s"),
        // PostgreSQL shows this one without its unit.
        ("tcp_user_timeout", "20000"),
        ("default_transaction_isolation", "read committed"),
        ("jit", "off"),
    ] {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(found, value, "{setting}");
    }
}
