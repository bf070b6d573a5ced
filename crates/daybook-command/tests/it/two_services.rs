//! Several services on one log.

use std::time::{Duration, Instant};

use futures::future::{join_all, try_join_all};
use tonic::Code;

use crate::support::{Ledger, World, order, reason};

#[tokio::test]
async fn g3_positions_have_no_gap_after_a_mixed_load_over_two_services() {
    let world = World::new().await;
    let services = [world.service(&[]).await, world.service(&[]).await];
    let accounts = ["a", "b", "c", "d", "e", "f", "g", "h"];
    services[0].open_accounts(&accounts, 10_000).await;
    // A reader that pages along while it happens never finds a gap: what it sees is always 1 ..= n.
    let (reader, stop) = (world.admin.clone(), tokio_util::sync::CancellationToken::new());
    let reading = tokio::spawn({
        let stop = stop.clone();
        async move {
            let mut cursor = 0_i64;
            while !stop.is_cancelled() {
                let page: Vec<i64> = sqlx::query_scalar(
                    "SELECT position FROM log.events WHERE position > $1 ORDER BY position LIMIT 50",
                )
                .bind(cursor)
                .fetch_all(&reader)
                .await
                .unwrap();
                for position in page {
                    assert_eq!(position, cursor + 1, "the reader skipped an event");
                    cursor = position;
                }
            }
        }
    });
    let callers = (0..24_usize).map(|caller| {
        let (service, accounts) = (&services[caller % 2], &accounts);
        async move {
            for n in 0..12_usize {
                let (here, there) = (accounts[(caller + n) % 8], accounts[(caller * 3 + n) % 8]);
                let transfer = format!("t-{caller}-{n}");
                // Some of these are refused, and that is as good.
                let _ = match n % 4 {
                    0 => service.send(order::deposit(here, 7)).await,
                    1 => service.send(order::withdraw(here, 3)).await,
                    2 => service.send(order::withdraw(here, 1_000_000)).await,
                    _ => match service.send(order::initiate(&transfer, here, there, 5)).await {
                        Ok(_) => service.send(order::approve(&transfer).by("bob")).await,
                        refused => refused,
                    },
                };
            }
        }
    });
    join_all(callers).await;
    stop.cancel();
    reading.await.unwrap();
    let ledger = world.ledger().await;
    assert!(ledger.events.len() > 16 + 24 * 6, "{} events", ledger.events.len());
}

#[tokio::test]
async fn two_services_share_one_hot_account_and_both_go_on() {
    const LONG: Duration = Duration::from_secs(3);
    let world = World::new().await;
    let services = [world.ready_service(&[]).await, world.ready_service(&[]).await];
    services[0].open_accounts(&["hot"], 1).await;
    let begun = Instant::now();
    let callers = (0..32_usize).map(|caller| {
        let service = &services[caller % 2];
        async move {
            let mut receipts = Vec::new();
            while begun.elapsed() < LONG {
                let id = format!("s{}-{caller}-{}", caller % 2, receipts.len());
                receipts.push(service.send(order::deposit("hot", 1).id(id)).await?);
            }
            Ok::<_, tonic::Status>(receipts)
        }
    });
    let receipts = try_join_all(callers).await.unwrap().concat();

    let ledger = world.ledger().await;
    assert_eq!(ledger.balance("hot"), 1 + i128::try_from(receipts.len()).unwrap());
    receipts.iter().for_each(|receipt| ledger.check_receipt(receipt));
    // Both served their share, and side by side: neither had to wait until the other was done.
    let shares = ["s0-", "s1-"].map(|prefix| positions(&ledger, prefix).len());
    println!("deposits acknowledged by the two services in {LONG:?}: {shares:?}");
    assert!(shares.iter().all(|share| share * 4 >= receipts.len()), "{shares:?}");
    for (first, second) in [("s0-", "s1-"), ("s1-", "s0-")] {
        let done = positions(&ledger, first);
        let others = positions(&ledger, second);
        assert!(done[0] < others[others.len() / 2], "{first} starved at first");
    }
}

/// Positions of the commands of one service.
fn positions(ledger: &Ledger, prefix: &str) -> Vec<i64> {
    let id = |event: &crate::support::Event| event.metadata["command_id"].to_string();
    let prefix = format!("\"{prefix}");
    ledger.events.iter().filter(|e| id(e).starts_with(&prefix)).map(|e| e.position).collect()
}

#[tokio::test]
async fn g12_what_one_service_acknowledged_the_other_never_refuses() {
    let world = World::new().await;
    let services = [world.service(&[]).await, world.service(&[]).await];
    services[0].open_accounts(&["a", "b"], 0).await;
    // Each pair of services and accounts, so that refusals run beside appends.
    let pairs = [("a", 0_usize), ("b", 1)];
    join_all(pairs.map(|(account, first)| {
        let services = &services;
        async move {
            for round in 0..60_i64 {
                let here = &services[(first + usize::try_from(round).unwrap()) % 2];
                let there = &services[(first + 1 + usize::try_from(round).unwrap()) % 2];
                here.send(order::deposit(account, 100)).await.unwrap();
                there.send(order::withdraw(account, 100)).await.unwrap();
                // And the money is really gone, for both.
                let refused = here.send(order::withdraw(account, 1)).await.unwrap_err();
                assert_eq!(reason(&refused).1, "INSUFFICIENT_FUNDS");
                // Versions as well: what the other took it to is what it is at.
                let stale = there
                    .send(order::deposit(account, 1).expecting_version(1 + round * 2))
                    .await
                    .unwrap_err();
                assert_eq!(stale.code(), Code::Aborted);
                assert_eq!(crate::support::fact(&stale, "actual"), (3 + round * 2).to_string());
            }
        }
    }))
    .await;
    let ledger = world.ledger().await;
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (0, 0));
}

#[tokio::test]
async fn two_concurrent_withdrawals_through_two_services_never_spend_twice() {
    let world = World::new().await;
    let services = [world.service(&[]).await, world.service(&[]).await];
    services[0].open_accounts(&["a", "b"], 0).await;
    for round in 0..15 {
        services[round % 2].send(order::deposit("a", 100)).await.unwrap();
        let (one, two) = (format!("x-{round}"), format!("y-{round}"));
        let (one, two) = tokio::join!(
            services[0].send(order::initiate(&one, "a", "b", 100)),
            services[1].send(order::initiate(&two, "a", "b", 100)),
        );
        assert!(one.is_ok() != two.is_ok(), "round {round}: {one:?} {two:?}");
        let refused = one.and(two).unwrap_err();
        assert_eq!(reason(&refused).1, "INSUFFICIENT_FUNDS");
    }
    world.ledger().await;
}

#[tokio::test]
async fn streams_that_another_service_never_leaves_alone_are_loaded_all_the_same() {
    let world = World::new().await;
    let services = [world.service(&[]).await, world.service(&[]).await];
    let hot = ["h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7"];
    services[0].open_accounts(&hot, 1).await;
    services[1].open_accounts(&["own"], 1).await;
    let stop = tokio_util::sync::CancellationToken::new();
    // One service hammers these accounts; the other is busy elsewhere, and so takes in all the time what was appended.
    let hammers = hot.iter().map(|account| (0, *account));
    let load: Vec<_> = hammers
        .chain([(1, "own"); 8])
        .map(|(service, account)| {
            let (stop, client) = (stop.clone(), services[service].client.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    order::deposit(account, 1).send(client.clone()).await.unwrap();
                }
            })
        })
        .collect();
    // None of them is in its memory, and none stands still while it is loaded.
    for account in hot {
        services[1].send(order::withdraw(account, 1)).await.unwrap();
    }
    stop.cancel();
    for caller in load {
        caller.await.unwrap();
    }
    world.ledger().await;
}
