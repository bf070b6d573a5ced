//! Callers that stop waiting, and more callers than the service takes.

use std::time::Duration;

use anyhow::ensure;
use daybook_testkit::eventually;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{HeadLock, World, order, reason};

#[tokio::test]
async fn a_command_that_nobody_has_taken_in_hand_when_its_deadline_passes_is_not_applied() {
    let world = World::new().await;
    // One command a batch: the second cannot be in hand while the first is in flight and the next is full.
    let bank = world.ready_service(&["--batch-events-max", "1", "--wait-max-ms", "300"]).await;
    bank.open_accounts(&["a"], 0).await;
    let lock = HeadLock::take(&world.admin).await;
    let first = bank.spawn(order::deposit("a", 1).id("first"));
    lock.is_waited_for(1).await;
    let calls: Vec<_> =
        (0..5).map(|n| bank.spawn(order::deposit("a", 10).id(format!("n-{n}")))).collect();
    let mut unknown = vec!["first".to_owned()];
    let mut not_applied = Vec::new();
    for (n, call) in calls.into_iter().enumerate() {
        let status = call.await.unwrap().unwrap_err();
        match (status.code(), reason(&status).1.as_str()) {
            (Code::Unavailable, "OUTCOME_UNKNOWN") => unknown.push(format!("n-{n}")),
            (Code::DeadlineExceeded, "NOT_APPLIED") => not_applied.push(format!("n-{n}")),
            other => panic!("{other:?}: {status}"),
        }
    }
    assert_eq!((unknown.len(), not_applied.len()), (2, 4), "{unknown:?} {not_applied:?}");
    assert_eq!(reason(&first.await.unwrap().unwrap_err()).1, "OUTCOME_UNKNOWN");
    lock.release().await;

    // Those in hand complete by themselves, and a retry tells.
    for id in &unknown {
        let cents = if id == "first" { 1 } else { 10 };
        bank.send_until_certain(order::deposit("a", cents).id(id)).await.unwrap();
    }
    let ledger = world.ledger().await;
    for id in &not_applied {
        assert!(ledger.of_command(id).is_empty(), "{id}");
    }
    assert_eq!(ledger.balance("a"), 11);
}

#[tokio::test]
async fn whatever_the_deadline_a_command_is_applied_whole_or_not_at_all_and_its_id_tells() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b"], 10_000).await;
    let mut applied = 0;
    for ms in (1..=50).step_by(2) {
        let (transfer, id) = (format!("t-{ms}"), format!("in-{ms}"));
        let order = order::initiate(&transfer, "a", "b", 1).id(&id);
        let first = bank.send(order.clone().within_ms(ms)).await;
        let before = world.ledger().await.of_command(&id).len();
        match &first {
            Ok(_) => assert_eq!(before, 2),
            Err(status) if reason(status).1 == "NOT_APPLIED" => assert_eq!(before, 0, "{ms} ms"),
            Err(status) => assert!(
                matches!(status.code(), Code::Cancelled | Code::Unavailable),
                "{ms} ms: {status}"
            ),
        }
        applied += u32::from(first.is_ok());
        let again = bank.send(order).await.unwrap();
        assert_eq!(world.ledger().await.of_command(&id).len(), 2);
        assert!(again.replayed || before == 0);
    }
    assert!(applied > 0, "none of the longer deadlines was long enough");
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_all_or_nothing() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b"], 1000).await;
    let lock = HeadLock::take(&world.admin).await;
    let orders: Vec<_> = (0..8)
        .map(|n| order::initiate(&format!("t-{n}"), "a", "b", 1).id(format!("in-{n}")))
        .collect();
    let calls: Vec<_> = orders.iter().map(|order| bank.spawn(order.clone())).collect();
    lock.is_waited_for(1).await;
    for call in &calls {
        call.abort();
    }
    lock.release().await;
    for order in orders {
        bank.send(order).await.unwrap();
    }
    let ledger = world.ledger().await;
    for n in 0..8 {
        assert_eq!(ledger.of_command(&format!("in-{n}")).len(), 2);
    }
}

#[tokio::test]
async fn beyond_the_limit_commands_are_refused_at_once_and_not_applied() {
    let world = World::new().await;
    let bank = world.ready_service(&["--commands-max", "4"]).await;
    bank.open_accounts(&["a"], 0).await;
    let lock = HeadLock::take(&world.admin).await;
    let calls: Vec<_> =
        (0..12).map(|n| bank.spawn(order::deposit("a", 1).id(format!("n-{n}")))).collect();
    lock.is_waited_for(1).await;
    // Four wait; all others are told while nothing can move.
    eventually("eight are told", Duration::from_secs(10), async || {
        let told = calls.iter().filter(|call| call.is_finished()).count();
        ensure!(told == 8, "{told} are");
        Ok(())
    })
    .await;
    let (mut told, mut waiting) = (Vec::new(), Vec::new());
    for (n, call) in calls.into_iter().enumerate() {
        if call.is_finished() {
            told.push((format!("n-{n}"), call.await.unwrap().unwrap_err()));
        } else {
            waiting.push(call);
        }
    }
    assert_eq!((told.len(), waiting.len()), (8, 4));
    for (_, status) in &told {
        assert_eq!(reason(status), (Code::ResourceExhausted, "TOO_MANY_COMMANDS".to_owned()));
        let retry = status.get_error_details().retry_info().cloned().unwrap();
        assert!(retry.retry_delay.is_some_and(|delay| delay > Duration::ZERO));
    }
    // Health and reflection are other doors.
    bank.health().await.unwrap();
    lock.release().await;
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    for (id, _) in &told {
        assert!(world.ledger().await.of_command(id).is_empty());
        bank.send(order::deposit("a", 1).id(id)).await.unwrap();
    }
    assert_eq!(world.ledger().await.balance("a"), 12);
}
