//! Commands that make a stream: it is not loaded before, and the append tells whether it exists.

use futures::future::join_all;

use crate::support::{World, order, reason};

#[tokio::test]
async fn a_stream_that_is_made_is_not_waited_for() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b"], 100).await;
    // Whoever loads a stream waits for this lock.
    let mut blocking = world.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE log.snapshots IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *blocking)
        .await
        .unwrap();
    bank.send(order::open("c")).await.unwrap();
    bank.send(order::initiate("t", "a", "b", 10)).await.unwrap();
    blocking.rollback().await.unwrap();
    assert_eq!(world.ledger().await.stream("account-c").len(), 1);
}

/// The other service knows nothing of these accounts. Its batches hold commands that are fine as well, and these go in.
#[tokio::test]
async fn g2_a_stream_that_exists_is_not_made_again_by_a_service_that_never_read_it() {
    let world = World::new().await;
    let first = world.ready_service(&[]).await;
    let names: Vec<String> = (0..10).map(|n| format!("old-{n}")).collect();
    for name in &names {
        first.send(order::open(name)).await.unwrap();
    }
    let second = world.ready_service(&[]).await;
    let fresh: Vec<String> = (0..10).map(|n| format!("new-{n}")).collect();
    let orders = names.iter().chain(&fresh).map(|name| second.send(order::open(name)));
    let answers = join_all(orders).await;
    for (name, answer) in names.iter().zip(&answers) {
        let refused = answer.as_ref().unwrap_err();
        assert_eq!(reason(refused).1, "ACCOUNT_EXISTS", "{name}");
    }
    for (name, answer) in fresh.iter().zip(&answers[names.len()..]) {
        assert!(answer.is_ok(), "{name}: {answer:?}");
    }
    let ledger = world.ledger().await;
    for name in names.iter().chain(&fresh) {
        assert_eq!(ledger.stream(&format!("account-{name}")).len(), 1);
    }
}

/// The source has nothing left, which would be a reason as well: but a wrong one, for the transfer stands.
#[tokio::test]
async fn g12_a_refusal_does_not_lean_on_a_stream_that_nobody_read() {
    let world = World::new().await;
    let first = world.ready_service(&[]).await;
    first.open_accounts(&["a", "b"], 100).await;
    first.send(order::initiate("t", "a", "b", 100)).await.unwrap();
    let second = world.ready_service(&[]).await;
    let refused = second.send(order::initiate("t", "a", "b", 100)).await.unwrap_err();
    assert_eq!(reason(&refused).1, "TRANSFER_EXISTS");
}

#[tokio::test]
async fn g5_a_retry_of_what_made_a_stream_gets_the_first_receipt_from_another_service() {
    let world = World::new().await;
    let first = world.ready_service(&[]).await;
    let receipt = first.send(order::open("a").id("open-a")).await.unwrap();
    let second = world.ready_service(&[]).await;
    let again = second.send(order::open("a").id("open-a")).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.position, receipt.position);
    assert_eq!(world.event_count().await, 1);
}
