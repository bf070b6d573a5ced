//! One service, one caller at a time.

use tonic::Code;

use crate::support::{World, by, command_id, deposit, fact, open, reason, withdraw};

#[tokio::test]
async fn a_command_becomes_a_committed_event_with_a_receipt() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;

    let opened = bank.client.open_account(by("alice", open("a"))).await.unwrap().into_inner();
    let receipt = opened.receipt.unwrap();
    assert_eq!((receipt.position, receipt.replayed), (1, false));
    assert_eq!(receipt.streams[0].stream_id, "account-a");
    assert_eq!(receipt.streams[0].version, 1);

    let paid = bank.client.deposit(by("alice", deposit("a", 50_000))).await.unwrap().into_inner();
    assert_eq!(paid.receipt.unwrap().position, 2);
    assert_eq!(world.event_types("account-a").await, ["account-opened", "money-deposited"]);
    bank.stop().await;
}

#[tokio::test]
async fn a_broken_rule_is_refused_with_its_reason_and_the_numbers() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    bank.client.open_account(by("alice", open("a"))).await.unwrap();
    bank.client.deposit(by("alice", deposit("a", 100))).await.unwrap();

    let refused = bank.client.withdraw(by("alice", withdraw("a", 250))).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "INSUFFICIENT_FUNDS".to_owned()));
    assert_eq!(fact(&refused, "available"), "100");
    let unknown = bank.client.withdraw(by("alice", withdraw("nobody", 1))).await.unwrap_err();
    assert_eq!(reason(&unknown), (Code::NotFound, "ACCOUNT_NOT_FOUND".to_owned()));
    assert_eq!(world.event_count().await, 2);
}

#[tokio::test]
async fn g5_a_command_sent_again_has_one_effect_and_gets_the_first_receipt() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    bank.client.open_account(by("alice", open("a"))).await.unwrap();
    let mut request = deposit("a", 100);
    request.context = command_id("pay-1");

    let first = bank.client.deposit(by("alice", request.clone())).await.unwrap().into_inner();
    let again = bank.client.deposit(by("alice", request.clone())).await.unwrap().into_inner();
    let (first, again) = (first.receipt.unwrap(), again.receipt.unwrap());
    assert!(!first.replayed && again.replayed);
    assert_eq!((first.position, &first.streams), (again.position, &again.streams));
    assert_eq!(first.recorded_at, again.recorded_at);

    // Another actor, another amount: the id is taken.
    let other = bank.client.deposit(by("bob", request.clone())).await.unwrap_err();
    assert_eq!(reason(&other), (Code::AlreadyExists, "COMMAND_ID_REUSED".to_owned()));
    request.amount.as_mut().unwrap().minor_units = 101;
    let other = bank.client.deposit(by("alice", request)).await.unwrap_err();
    assert_eq!(reason(&other), (Code::AlreadyExists, "COMMAND_ID_REUSED".to_owned()));
    assert_eq!(world.event_count().await, 2);
}

#[tokio::test]
async fn g5_a_retry_that_would_now_be_refused_still_gets_its_first_receipt() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    bank.client.open_account(by("alice", open("a"))).await.unwrap();
    bank.client.deposit(by("alice", deposit("a", 100))).await.unwrap();
    let mut request = withdraw("a", 100);
    request.context = command_id("out-1");
    let first = bank.client.withdraw(by("alice", request.clone())).await.unwrap().into_inner();

    // A second one would find nothing left, in this service and in one that has just started.
    let again = bank.client.withdraw(by("alice", request.clone())).await.unwrap().into_inner();
    assert_eq!(again.receipt.unwrap().position, first.receipt.unwrap().position);
    let mut other = world.service(&[]).await;
    let again = other.client.withdraw(by("alice", request)).await.unwrap().into_inner();
    assert!(again.receipt.unwrap().replayed);
}

/// An event of a type that this build does not know lies in one stream, as if a newer build had written it.
#[tokio::test]
async fn a_stream_that_cannot_be_read_fails_alone() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    for id in ["good", "bad"] {
        bank.client.open_account(by("alice", open(id))).await.unwrap();
    }
    bank.stop().await;
    sqlx::raw_sql(
        "INSERT INTO log.events (position, prev_position, version, recorded_at, event_id, schema_version, partition,
                                 stream_id, stream_type, event_type, data, metadata)
         SELECT 3, position, 2, recorded_at, gen_random_uuid(), 1, partition, stream_id, stream_type,
                'account-from-the-future', data, metadata
         FROM log.events WHERE stream_id = 'account-bad';
         UPDATE log.head SET position = 3, partition_positions[
             (SELECT partition + 1 FROM log.events WHERE position = 3)] = 3;",
    )
    .execute(&world.admin)
    .await
    .unwrap();

    let bank = world.service(&[]).await;
    let (mut one, mut two) = (bank.client.clone(), bank.client.clone());
    // Both are loaded by the same query.
    let (good, bad) = tokio::join!(
        one.deposit(by("alice", deposit("good", 1))),
        two.deposit(by("alice", deposit("bad", 1))),
    );
    assert!(good.is_ok(), "{good:?}");
    assert_eq!(bad.unwrap_err().code(), Code::Internal);
    bank.stop().await;
}
