//! No event without who and when, and times that never go back along positions: held by the database, whoever appends.

use daybook_core::event::NewEvent;
use daybook_eventlog::append::AppendError;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::support::build::{event, json};
use crate::support::{COMMAND, TestLog, sqlstate};

const CHECK_VIOLATION: &str = "23514";
const NOT_NULL_VIOLATION: &str = "23502";

/// Metadata that says nothing of an actor.
const NOBODY: [&str; 6] =
    ["{}", r#"{"actor":""}"#, r#"{"actor":null}"#, r#"{"reason":"x"}"#, r#""alice""#, "null"];

#[tokio::test]
async fn no_event_goes_in_without_an_actor_and_nothing_of_its_batch_does() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    for metadata in NOBODY {
        let nobodys = NewEvent { metadata: json(metadata).into(), ..event("account-b", 1) };
        let plan = writer.plan(vec![event("account-a", 1), nobodys]);
        let refused = writer.append(&plan).await;
        assert!(matches!(refused, Err(AppendError::Refused(_))), "{metadata}: {refused:?}");
    }
    assert!(log.all().await.is_empty());
    assert_eq!(log.reader.head().await.unwrap().position.get(), 0);
}

/// The services' way in is no matter: the same for SQL, of the command service's role and of the superuser.
#[tokio::test]
async fn no_sql_puts_in_an_event_without_who_or_when() {
    let log = TestLog::start().await;
    let insert = |recorded_at: &str, metadata: &str| {
        format!(
            "INSERT INTO log.events (position, prev_position, version, recorded_at, event_id, schema_version, partition,
                 stream_id, stream_type, event_type, data, metadata)
             VALUES (1, 0, 1, {recorded_at}, gen_random_uuid(), 1, 0, 'account-a', 'account', 'x', '{{}}', {metadata})"
        )
    };
    let mut cases = vec![
        (insert("NULL", r#"'{"actor":"alice"}'"#), NOT_NULL_VIOLATION),
        (insert("now()", "NULL"), NOT_NULL_VIOLATION),
    ];
    cases.extend(
        NOBODY.map(|metadata| (insert("now()", &format!("'{metadata}'")), CHECK_VIOLATION)),
    );
    let roles = [log.options(COMMAND), log.postgres.admin_url().parse().unwrap()];
    for role in roles {
        let mut session = PgConnection::connect_with(&role).await.unwrap();
        for (statement, expected) in &cases {
            let outcome = session.execute(AssertSqlSafe(statement.clone())).await;
            assert_eq!(&sqlstate(outcome), expected, "{statement}");
        }
    }
    assert!(log.all().await.is_empty());
}

/// Appenders by turns and at once, and a clock that goes back in between.
#[tokio::test]
async fn times_never_go_back_along_positions_whoever_appends() {
    let log = TestLog::start().await;
    let appending = (0..4).map(|n| {
        let log = &log;
        async move {
            let mut writer = log.writer().await;
            for version in 1..=25 {
                writer.lock_head().await.unwrap();
                let plan = writer.plan(vec![event(&format!("account-{n}"), version)]);
                writer.append_locked(&plan).await.unwrap();
                if version == 10 && n == 0 {
                    log.sql("UPDATE log.head SET recorded_at = recorded_at + interval '5 minutes'")
                        .await;
                }
            }
        }
    });
    futures::future::join_all(appending).await;
    let times: Vec<_> = log.all().await.iter().map(|event| event.recorded_at).collect();
    assert_eq!(times.len(), 100);
    assert!(times.is_sorted(), "{times:?}");
    let backwards: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM log.events AS e JOIN log.events AS next ON next.position = e.position + 1
         WHERE next.recorded_at < e.recorded_at",
    )
    .fetch_one(&log.admin)
    .await
    .unwrap();
    assert_eq!(backwards, 0);
}
