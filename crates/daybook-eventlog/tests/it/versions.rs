//! G2: a stream's versions are 1, 2, 3 … without gaps, and of two appends that expect the same version one wins.

use daybook_core::ids::Position;
use daybook_eventlog::append::{AppendError, Appended};

use crate::support::TestLog;
use crate::support::build::event;

#[tokio::test]
async fn g2_two_appends_with_the_same_expected_version_only_one_wins() {
    let log = TestLog::start().await;
    let (mut one, mut other) = (log.writer().await, log.writer().await);
    let (plan_one, plan_other) =
        (one.plan(vec![event("account-a", 1)]), other.plan(vec![event("account-a", 1)]));

    let results = tokio::join!(one.append(&plan_one), other.append(&plan_other));
    let (one_won, other_won) = match results {
        (Ok(Appended::Committed { .. }), Ok(Appended::HeadMoved)) => (true, false),
        (Ok(Appended::HeadMoved), Ok(Appended::Committed { .. })) => (false, true),
        both => panic!("not one winner: {both:?}"),
    };
    let stored = log.all().await;
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
    assert_eq!(stored[0].event_id == plan_one.events[0].event.event_id, one_won);
    assert_eq!(stored[0].event_id == plan_other.events[0].event.event_id, other_won);
}

/// The second waits for the first one's row lock, and then has to see that the head is elsewhere.
#[tokio::test]
async fn g2_an_append_that_waited_for_another_sees_that_the_head_moved() {
    let log = TestLog::start().await;
    let (mut holder, mut waiting) = (log.writer().await, log.writer().await);
    holder.lock_head().await.unwrap();
    let (first, second) =
        (holder.plan(vec![event("account-a", 1)]), waiting.plan(vec![event("account-a", 1)]));

    let (appended, late) = tokio::join!(
        async {
            log.somebody_waits_for_a_lock().await;
            holder.append_locked(&first).await.unwrap()
        },
        waiting.append(&second)
    );
    assert!(matches!(appended, Appended::Committed { .. }));
    assert_eq!(late.unwrap(), Appended::HeadMoved);
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
}

/// The plan is wrong where a correct instance's never is: the unique keys stand behind it.
#[tokio::test]
async fn g2_a_plan_that_lies_about_the_version_is_refused() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append(vec![event("account-a", 1)]).await;

    let plan = writer.plan(vec![event("account-b", 1), event("account-a", 1)]);
    let refused = writer.append(&plan).await.unwrap_err();
    assert!(matches!(refused, AppendError::VersionTaken(_)), "{refused:?}");
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);

    // The connection is still good, and the head where it was.
    writer.must_append(vec![event("account-a", 2)]).await;
    assert_eq!(writer.head.position.get(), 2);
}

#[tokio::test]
async fn g3_a_plan_that_lies_about_the_position_is_refused() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append(vec![event("account-a", 1)]).await;

    let mut plan = writer.plan(vec![event("account-a", 2)]);
    plan.events[0].position = Position::new(1).unwrap();
    let refused = writer.append(&plan).await.unwrap_err();
    assert_constraint(&refused, "events_position_key");
    assert_eq!(log.outline().await, [(1, "account-a".into(), 1)]);
}

#[track_caller]
fn assert_constraint(error: &AppendError, name: &str) {
    let AppendError::Refused(sqlx::Error::Database(refusal)) = error else {
        panic!("not refused: {error:?}")
    };
    assert_eq!(refusal.constraint(), Some(name));
}
