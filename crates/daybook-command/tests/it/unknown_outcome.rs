//! The connection is lost around a commit: whoever is told something is told the truth.

use std::time::Duration;

use futures::future::join_all;
use tonic::Code;

use crate::support::{Fault, Proxy, Service, World, order, reason};

/// A service whose way to PostgreSQL a test can cut.
async fn service_behind_proxy(world: &World, flags: &[&str]) -> (Service, Proxy) {
    let proxy = Proxy::start(world.postgres.port()).await;
    let url = proxy.url(&world.postgres.url("daybook_command", "postgres"));
    let bank = world.service_at(&url, flags).await;
    bank.is_serving(true).await;
    (bank, proxy)
}

#[tokio::test]
async fn a_lost_statement_or_answer_is_settled_without_the_caller() {
    let world = World::new().await;
    let (bank, proxy) = service_behind_proxy(&world, &[]).await;
    bank.open_accounts(&["a"], 0).await;
    for round in 0..6_usize {
        proxy.arm(if round % 2 == 0 { Fault::LoseAnswer } else { Fault::LoseStatement });
        let order = order::deposit("a", 10).id(format!("in-{round}"));
        let receipt = bank.send(order.clone()).await.unwrap();
        assert!(!receipt.replayed);
        world.ledger().await.check_receipt(&receipt);
        let again = bank.send(order).await.unwrap();
        assert!(again.replayed && again.position == receipt.position);
    }
    assert_eq!(proxy.faults(), 6);
    assert_eq!(world.ledger().await.balance("a"), 60);
}

#[tokio::test]
async fn while_an_outcome_is_unknown_nobody_is_refused() {
    for fault in [Fault::LoseAnswer, Fault::LoseStatement] {
        let world = World::new().await;
        let (bank, proxy) = service_behind_proxy(&world, &["--wait-max-ms", "400"]).await;
        bank.open_accounts(&["a"], 0).await;
        proxy.arm_and_stay_away(fault);
        let order = order::deposit("a", 100).id("in");
        let unknown = bank.spawn(order.clone());
        proxy.has_struck().await;
        let retry = bank.spawn(order.clone());
        // They lean on a state that nobody knows: any refusal would be a guess.
        let leaning = [
            order::withdraw("a", 101),
            order::deposit("a", 1).expecting_version(2),
            order::open("a"),
            order::withdraw("nobody", 1),
        ];
        let leaning = leaning.map(|order| bank.spawn(order));
        let other = bank.spawn(order::deposit("a", 2).id("in"));

        let unknown = unknown.await.unwrap().unwrap_err();
        assert_eq!(reason(&unknown), (Code::Unavailable, "OUTCOME_UNKNOWN".to_owned()));
        assert_eq!(crate::support::fact(&unknown, "command_id"), "in");
        let retry = retry.await.unwrap().unwrap_err();
        assert_eq!(reason(&retry).1, "OUTCOME_UNKNOWN", "{retry}");
        for call in leaning {
            let status = call.await.unwrap().unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{fault:?}: {status}");
        }
        assert_eq!(other.await.unwrap().unwrap_err().code(), Code::Unavailable);

        proxy.heal();
        // It goes in by itself; the retry only asks.
        bank.is_serving(true).await;
        let receipt = bank.send_until_certain(order).await.unwrap();
        let ledger = world.ledger().await;
        ledger.check_receipt(&receipt);
        assert_eq!(ledger.balance("a"), 100);
        assert_eq!(ledger.of_command("in").len(), 1);
    }
}

#[tokio::test]
async fn while_the_log_is_cut_off_new_commands_are_not_applied_and_health_says_so() {
    let world = World::new().await;
    let (bank, proxy) = service_behind_proxy(&world, &["--wait-max-ms", "300"]).await;
    bank.open_accounts(&["a"], 0).await;
    proxy.arm_and_stay_away(Fault::LoseStatement);
    let unknown = bank.spawn(order::deposit("a", 100));
    proxy.has_struck().await;
    bank.is_serving(false).await;
    assert_eq!(reason(&unknown.await.unwrap().unwrap_err()).1, "OUTCOME_UNKNOWN");
    // What comes now is not taken in hand, so its fate is certain.
    for n in 0..3 {
        let away = bank.send(order::deposit("a", 1).id(format!("n-{n}"))).await.unwrap_err();
        assert_eq!(reason(&away), (Code::Unavailable, "NOT_APPLIED".to_owned()), "{away}");
    }
    proxy.heal();
    bank.is_serving(true).await;
    bank.send(order::deposit("a", 10)).await.unwrap();
    assert_eq!(world.ledger().await.balance("a"), 110);
}

#[tokio::test]
async fn acknowledged_commands_are_in_the_log_once_however_often_the_connection_is_lost() {
    let world = World::new().await;
    // Two services, so that the lock and its transactions are cut as well.
    let (one, proxy) = service_behind_proxy(&world, &[]).await;
    let two = world.service(&[]).await;
    one.open_accounts(&["a", "b"], 0).await;
    let breaking = async {
        for round in 0..12_usize {
            proxy.arm(if round % 2 == 0 { Fault::LoseAnswer } else { Fault::LoseStatement });
            // Bounded: the last fault may find no append any more.
            let _ = tokio::time::timeout(Duration::from_secs(3), proxy.has_struck()).await;
        }
    };
    let load = join_all((0..12_usize).map(|caller| {
        let (service, account) = ([&one, &two][caller % 2], ["a", "b"][caller / 2 % 2]);
        async move {
            let mut receipts = Vec::new();
            for n in 0..20 {
                let order = order::deposit(account, 1).id(format!("c-{caller}-{n}"));
                receipts.push(service.send_until_certain(order).await.unwrap());
            }
            receipts
        }
    }));
    let ((), receipts) = tokio::join!(breaking, load);
    assert!(proxy.faults() >= 3, "{} faults", proxy.faults());
    let ledger = world.ledger().await;
    receipts.iter().flatten().for_each(|receipt| ledger.check_receipt(receipt));
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (120, 120));
}

#[tokio::test]
async fn a_client_that_is_cut_off_as_well_finds_its_outcome_by_the_command_id() {
    let world = World::new().await;
    let (bank, proxy) = service_behind_proxy(&world, &[]).await;
    bank.open_accounts(&["a"], 0).await;
    proxy.arm_and_stay_away(Fault::LoseAnswer);
    let order = order::deposit("a", 100).id("in");
    let call = bank.spawn(order.clone());
    proxy.has_struck().await;
    call.abort();
    let _ = call.await;
    proxy.cut();
    proxy.heal();
    let receipt = bank.send_until_certain(order).await.unwrap();
    assert!(receipt.replayed);
    assert_eq!(world.ledger().await.balance("a"), 100);
}
