//! Snapshots change no result; they are read by services that start later.

use std::time::Duration;

use anyhow::ensure;
use daybook_testkit::eventually;
use futures::future::join_all;

use crate::support::{Order, Service, World, order, reason};

async fn snapshots(world: &World) -> Vec<(String, i64)> {
    sqlx::query_as("SELECT stream_id, version FROM log.snapshots ORDER BY stream_id")
        .fetch_all(&world.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_snapshot_is_written_after_every_so_many_events_and_used_later() {
    let world = World::new().await;
    let bank = world.ready_service(&["--snapshot-every", "10"]).await;
    bank.open_accounts(&["a", "b"], 0).await;
    for _ in 0..35 {
        bank.send(order::deposit("a", 2)).await.unwrap();
    }
    eventually("the snapshot is written", Duration::from_secs(10), async || {
        let snapshots = snapshots(&world).await;
        ensure!(snapshots == [("account-a".to_owned(), 30)], "{snapshots:?}");
        Ok(())
    })
    .await;
    bank.stop().await;

    // Only who reads the snapshot can be wrong about the account after this.
    world
        .execute(
            "UPDATE log.snapshots SET state =
                 jsonb_set(state::jsonb, '{overdraft_limit}', '1000000')::json",
        )
        .await;
    let later = world.service(&[]).await;
    later.send(order::withdraw("a", 500)).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_of_other_code_or_of_garbage_is_ignored() {
    let spoilt = [
        "UPDATE log.snapshots SET fingerprint = fingerprint + 1,
             state = jsonb_set(state::jsonb, '{overdraft_limit}', '1000000')::json",
        "UPDATE log.snapshots SET state = '{\"balance\": \"much\"}'",
        "UPDATE log.snapshots SET state = '[]'",
        "UPDATE log.snapshots SET state = 'null'",
    ];
    let world = World::new().await;
    let bank = world.service(&["--snapshot-every", "2"]).await;
    bank.open_accounts(&["a"], 100).await;
    bank.stop().await;
    assert_eq!(snapshots(&world).await, [("account-a".to_owned(), 2)]);
    for spoil in spoilt {
        world.execute(spoil).await;
        let bank = world.service(&["--snapshot-every", "0"]).await;
        let refused = bank.send(order::withdraw("a", 500)).await.unwrap_err();
        assert_eq!(reason(&refused).1, "INSUFFICIENT_FUNDS", "{spoil}");
        assert_eq!(crate::support::fact(&refused, "available"), "100", "{spoil}");
        bank.stop().await;
    }
    // And one of this code takes its place.
    let bank = world.service(&["--snapshot-every", "1"]).await;
    bank.send(order::withdraw("a", 40)).await.unwrap();
    bank.stop().await;
    let states: Vec<serde_json::Value> = sqlx::query_scalar("SELECT state FROM log.snapshots")
        .fetch_all(&world.admin)
        .await
        .unwrap();
    assert_eq!(states[0]["balance"], 60);
}

#[tokio::test]
async fn a_snapshot_changes_no_result() {
    let results = join_all(["0", "1", "7"].map(async |every| {
        let world = World::new().await;
        let mut answers = Vec::new();
        // Four services one after the other, each with an empty cache.
        for part in 0..4 {
            let bank = world.service(&["--snapshot-every", every]).await;
            for order in orders(part) {
                answers.push(answer(&bank, order).await);
            }
            bank.stop().await;
        }
        let ledger = world.ledger().await;
        let log: Vec<_> = ledger
            .events
            .iter()
            .map(|e| (e.stream_id.clone(), e.version, e.event_type.clone(), e.data.clone()))
            .collect();
        (every, answers, log, snapshots(&world).await.len())
    }))
    .await;
    let [(_, answers, log, none), others @ ..] = &results[..] else { unreachable!() };
    assert_eq!(*none, 0);
    assert!(log.len() > 60, "{} events", log.len());
    for (every, other_answers, other_log, count) in others {
        assert_eq!((answers, log), (other_answers, other_log), "every {every}");
        assert!(*count > 0);
    }
}

/// What a caller sees of an order, but for times and made-up ids.
async fn answer(bank: &Service, order: Order) -> Result<(i64, bool), (tonic::Code, String)> {
    match bank.send(order).await {
        Ok(receipt) => Ok((receipt.position, receipt.replayed)),
        Err(status) => Err(reason(&status)),
    }
}

/// The same list whoever asks.
fn orders(part: usize) -> Vec<Order> {
    let accounts = ["a", "b", "c"];
    let mut orders: Vec<Order> = accounts.map(order::open).into();
    for n in 0..12 {
        let (here, there) = (accounts[(n + part) % 3], accounts[(n * 2 + part + 1) % 3]);
        let transfer = format!("t-{}", (part * 12 + n) / 2);
        orders.push(order::deposit(here, 40));
        orders.push(match n % 4 {
            0 | 1 => order::initiate(&transfer, here, there, 25),
            2 => order::withdraw(there, 30),
            _ => order::freeze(there),
        });
        orders.push(order::approve(&transfer).by("bob"));
        if n % 2 == 1 {
            orders.push(order::execute(&transfer).id(format!("do-{transfer}")));
        }
    }
    orders
}

/// Marks with the balance that is kept at each.
async fn at_marks(world: &World) -> Vec<(i64, i64, i64)> {
    sqlx::query_as(
        "SELECT mark, version, (state ->> 'balance')::bigint FROM log.past_snapshots ORDER BY mark",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn states_at_marks_are_kept_as_a_stream_grows_and_made_later_where_there_are_none() {
    let world = World::new().await;
    let bank = world.ready_service(&["--snapshot-every", "300"]).await;
    bank.open_accounts(&["a"], 0).await;
    for _ in 0..21 {
        let deposits = (0..100).map(|_| bank.send(order::deposit("a", 1)));
        join_all(deposits).await.into_iter().for_each(|sent| drop(sent.unwrap()));
    }
    bank.stop().await;
    let kept = [(1000, 1000, 999), (2000, 2000, 1999)];
    assert_eq!(at_marks(&world).await, kept);

    // A stream that grew before states were kept, and states that other code has made.
    let losses = [
        "DELETE FROM log.past_snapshots",
        "UPDATE log.past_snapshots SET fingerprint = fingerprint + 1, state = '{\"balance\": 0}'",
    ];
    for loss in losses {
        world.execute(loss).await;
        let bank = world.service(&[]).await;
        eventually("they are made again", Duration::from_secs(60), async || {
            let found = at_marks(&world).await;
            ensure!(found == kept, "{found:?}");
            Ok(())
        })
        .await;
        bank.stop().await;
    }
}
