//! G5: a command_id has its effect once.

use futures::future::join_all;
use tonic::Code;

use crate::support::{HeadLock, World, order, reason};

#[tokio::test]
async fn g5_of_16_concurrent_sends_one_has_the_effect_and_all_get_its_receipt() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a"], 100).await;
    for round in 0..5 {
        // Only the first could be decided as asked: what comes after it finds nothing left.
        let order = order::withdraw("a", 100).id(format!("out-{round}"));
        let answers = join_all((0..16).map(|_| bank.send(order.clone()))).await;
        let mut receipts: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(receipts.iter().filter(|receipt| receipt.replayed).count(), 15);
        receipts.iter_mut().for_each(|receipt| receipt.replayed = false);
        assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "{receipts:?}");
        bank.send(order::deposit("a", 100)).await.unwrap();
    }
    assert_eq!(world.ledger().await.balance("a"), 100);
}

#[tokio::test]
async fn g5_concurrent_sends_through_two_services_have_one_effect() {
    let world = World::new().await;
    let services = [world.service(&[]).await, world.service(&[]).await];
    services[0].open_accounts(&["a"], 100).await;
    for round in 0..10 {
        let order = order::deposit("a", 5).id(format!("in-{round}"));
        let answers = join_all((0..8).map(|n| services[n % 2].send(order.clone()))).await;
        let receipts: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(receipts.iter().filter(|receipt| !receipt.replayed).count(), 1);
        assert!(receipts.iter().all(|receipt| receipt.position == receipts[0].position));
    }
    assert_eq!(world.ledger().await.balance("a"), 150);
}

#[tokio::test]
async fn g5_a_refusal_is_not_kept_and_its_retry_is_decided_anew() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    let order = order::withdraw("a", 50).id("out");
    for _ in 0..2 {
        let refused = bank.send(order.clone()).await.unwrap_err();
        assert_eq!(reason(&refused).1, "INSUFFICIENT_FUNDS");
    }
    bank.send(order::deposit("a", 50)).await.unwrap();
    let receipt = bank.send(order).await.unwrap();
    assert!(!receipt.replayed);
    // A refused id was not used: another command may have it.
    bank.send(order::withdraw("a", 1).id("free")).await.unwrap_err();
    bank.send(order::deposit("a", 1).id("free").by("carol")).await.unwrap();
    assert_eq!(world.ledger().await.balance("a"), 1);
}

#[tokio::test]
async fn g5_an_id_that_had_its_effect_is_refused_to_every_other_command() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a", "b"], 100).await;
    let first = order::deposit("a", 1).id("pay");
    let receipt = bank.send(first.clone()).await.unwrap();
    let others = [
        first.clone().by("bob"),
        order::deposit("a", 2).id("pay"),
        order::deposit("b", 1).id("pay"),
        order::withdraw("a", 1).id("pay"),
        first.clone().expecting_version(2),
        // Also where its own rules would refuse it, or nothing exists that it speaks of.
        order::withdraw("a", 1_000_000).id("pay"),
        order::deposit("nobody", 1).id("pay"),
        order::open("a").id("pay"),
    ];
    for other in others {
        let what = format!("{other:?}");
        let refused = bank.send(other).await.unwrap_err();
        assert_eq!(
            reason(&refused),
            (Code::AlreadyExists, "COMMAND_ID_REUSED".to_owned()),
            "{what}: {refused}"
        );
    }
    // What does not belong to the content may differ: a retry may have another reason, trace or correlation.
    let mut again = first;
    again.context.reason = "once more".to_owned();
    again.context.correlation_id = "other".to_owned();
    let again = bank.send(again).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.position, receipt.position);
}

#[tokio::test]
async fn g5_an_id_that_is_in_flight_is_refused_to_another_command_only_once_it_is_committed() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 100).await;
    let lock = HeadLock::take(&world.admin).await;
    let first = bank.spawn(order::deposit("a", 1).id("pay"));
    lock.is_waited_for(1).await;
    let other = bank.spawn(order::deposit("a", 2).id("pay"));
    let same = bank.spawn(order::deposit("a", 1).id("pay"));
    // Commands on the same connection that are decided after them, and wait as well.
    bank.health().await.unwrap();
    assert!(!first.is_finished() && !other.is_finished() && !same.is_finished());
    lock.release().await;
    let first = first.await.unwrap().unwrap();
    assert_eq!(reason(&other.await.unwrap().unwrap_err()).1, "COMMAND_ID_REUSED");
    let same = same.await.unwrap().unwrap();
    assert!(same.replayed && same.position == first.position);
    assert_eq!(world.ledger().await.balance("a"), 101);
}

#[tokio::test]
async fn g5_a_retry_through_another_service_or_after_a_restart_gets_the_first_receipt() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a", "b"], 100).await;
    bank.send(order::initiate("t", "a", "b", 60)).await.unwrap();
    bank.send(order::approve("t").by("bob")).await.unwrap();
    let orders = [
        order::withdraw("a", 40).id("out"),
        order::execute("t").id("do-it"),
        order::open("c")
            .id("open")
            .expecting(daybook_proto::v1::expected_version::Kind::NoStream(true)),
    ];
    let mut firsts = Vec::new();
    for order in &orders {
        firsts.push(bank.send(order.clone()).await.unwrap());
    }
    let other = world.service(&[]).await;
    bank.stop().await;
    let restarted = world.service(&[]).await;
    for service in [&other, &restarted] {
        for (order, first) in orders.iter().zip(&firsts) {
            let again = service.send(order.clone()).await.unwrap();
            assert!(again.replayed, "{order:?}");
            assert_eq!((again.position, &again.streams), (first.position, &first.streams));
            assert_eq!(again.recorded_at, first.recorded_at);
        }
    }
    let ledger = world.ledger().await;
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (0, 160));
}
