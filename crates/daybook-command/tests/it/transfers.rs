//! G4 and G10: what spans several streams, and the sums over all of them.

use futures::future::join_all;
use tonic::Code;

use crate::support::{World, order, reason};

#[tokio::test]
async fn g4_an_execution_over_three_streams_is_one_commit() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a", "b"], 500).await;
    bank.send(order::initiate("t", "a", "b", 200)).await.unwrap();
    bank.send(order::approve("t").by("bob")).await.unwrap();
    let receipt = bank.send(order::execute("t").id("do-it")).await.unwrap();

    let streams: Vec<_> =
        receipt.streams.iter().map(|s| (s.stream_id.as_str(), s.version)).collect();
    assert_eq!(streams, [("transfer-t", 3), ("account-a", 5), ("account-b", 3)]);
    let transactions: i64 = sqlx::query_scalar(
        "SELECT count(DISTINCT xmin::text) FROM log.events WHERE position > $1 - 4",
    )
    .bind(receipt.position)
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(transactions, 1);
    let ledger = world.ledger().await;
    ledger.check_receipt(&receipt);
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (300, 700));
}

#[tokio::test]
async fn g4_when_the_third_stream_fails_the_other_two_have_no_event() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    bank.open_accounts(&["a", "b"], 500).await;
    bank.send(order::initiate("t", "a", "b", 200)).await.unwrap();
    bank.send(order::approve("t").by("bob")).await.unwrap();
    let before = world.event_count().await;
    world
        .execute(
            "ALTER TABLE log.events ADD CONSTRAINT poison
                 CHECK (NOT (stream_id = 'account-b' AND event_type = 'transfer-credited')) NOT VALID",
        )
        .await;
    let refused = bank.send(order::execute("t").id("do-it")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal, "{refused}");
    assert_eq!(world.event_count().await, before);
    // Nothing of it is remembered either: the hold is still there, the same command goes through once it can.
    let held = bank.send(order::withdraw("a", 301)).await.unwrap_err();
    assert_eq!(reason(&held).1, "INSUFFICIENT_FUNDS");
    world.execute("ALTER TABLE log.events DROP CONSTRAINT poison").await;
    let receipt = bank.send(order::execute("t").id("do-it")).await.unwrap();
    let ledger = world.ledger().await;
    ledger.check_receipt(&receipt);
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (300, 700));
}

#[tokio::test]
async fn g10_no_money_is_created_or_lost_by_many_transfers() {
    let world = World::new().await;
    let bank = world.service(&["--approval-not-needed-below", "USD=0.50"]).await;
    let accounts = ["a", "b", "c", "d", "e"];
    bank.open_accounts(&accounts, 300).await;
    join_all((0..16_usize).map(|caller| {
        let bank = &bank;
        async move {
            for n in 0..8_usize {
                let transfer = format!("t-{caller}-{n}");
                let (from, to) = (accounts[(caller + n) % 5], accounts[(caller + 2 * n + 1) % 5]);
                let cents = i64::try_from(10 + (caller * 13 + n * 29) % 90).unwrap();
                let initiated = bank.send(order::initiate(&transfer, from, to, cents)).await;
                if initiated.is_ok() {
                    // Below the amount of the policy nobody needs to approve, and nobody can.
                    let approved = bank.send(order::approve(&transfer).by("bob")).await;
                    assert_eq!(approved.is_ok(), cents >= 50, "{approved:?}");
                    bank.send(order::execute(&transfer)).await.unwrap();
                }
            }
        }
    }))
    .await;
    let ledger = world.ledger().await;
    assert_eq!(ledger.from_outside, 5 * 300);
    assert!(ledger.balances.values().all(|balance| *balance >= 0), "{:?}", ledger.balances);
    assert!(ledger.events.iter().any(|event| event.event_type == "transfer-credited"));
}
