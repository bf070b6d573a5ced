//! Streams that are not in memory: who waits for them, and what a small memory changes.

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use tonic::Code;

use crate::support::{World, order, reason};

#[tokio::test]
async fn a_cold_stream_holds_up_its_own_commands_and_no_others() {
    let world = World::new().await;
    world.service(&[]).await.open_accounts(&["cold"], 100).await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["warm", "warm-2"], 100).await;
    // Loads read snapshots first; whoever loads waits for this lock, whoever appends does not.
    let mut blocking = world.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE log.snapshots IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *blocking)
        .await
        .unwrap();
    let cold = bank.spawn(order::withdraw("cold", 60));
    let mixed = bank.spawn(order::initiate("t", "warm-2", "cold", 10));
    let behind = bank.spawn(order::withdraw("warm-2", 95));
    for _ in 0..20 {
        bank.send(order::deposit("warm", 1)).await.unwrap();
        let refused = bank.send(order::withdraw("warm", 1_000)).await.unwrap_err();
        assert_eq!(reason(&refused).1, "INSUFFICIENT_FUNDS");
    }
    assert!(!cold.is_finished() && !mixed.is_finished());
    blocking.rollback().await.unwrap();
    cold.await.unwrap().unwrap();
    // In the order in which they came, also through the load.
    let mixed = mixed.await.unwrap();
    let behind = behind.await.unwrap();
    assert!(mixed.is_ok() != behind.is_ok(), "{mixed:?} {behind:?}");
    world.ledger().await;
}

#[tokio::test]
async fn a_memory_that_is_too_small_changes_no_result() {
    let world = World::new().await;
    let bank = world.ready_service(&["--cache-bytes-max", "32768"]).await;
    let name = |n: usize| format!("a{}", n % 1000);
    for wave in 0..2 {
        let opened = (0..500).map(|n| bank.send(order::open(&name(wave * 500 + n))));
        try_join_all(opened).await.unwrap();
    }
    try_join_all((0..1000).map(|n| bank.send(order::deposit(&name(n), 100)))).await.unwrap();
    let tries = (0..500).map(|n| {
        let (bank, transfer) = (&bank, format!("t-{n}"));
        async move {
            bank.send(order::initiate(&transfer, &name(n), &name(n + 500), 60)).await?;
            bank.send(order::approve(&transfer).by("bob")).await?;
            bank.send(order::execute(&transfer)).await
        }
    });
    try_join_all(tries).await.unwrap();
    // What is left cannot be spent twice.
    let spent = join_all((0..500).map(|n| bank.send(order::withdraw(&name(n), 41)))).await;
    for status in spent.into_iter().map(Result::unwrap_err) {
        assert_eq!(crate::support::fact(&status, "available"), "40", "{status}");
    }
    let ledger = world.ledger().await;
    assert!(ledger.balances.values().all(|balance| [40, 160].contains(balance)));
}

#[tokio::test]
async fn many_commands_over_several_cold_streams_all_get_their_turn_in_a_small_memory() {
    let world = World::new().await;
    let warm = world.service(&[]).await;
    let name = |n: usize| format!("a{}", n % 600);
    try_join_all((0..600).map(|n| warm.send(order::open(&name(n))))).await.unwrap();
    try_join_all((0..600).map(|n| warm.send(order::deposit(&name(n), 100)))).await.unwrap();
    let initiated = (0..300).map(|n| {
        let (warm, transfer) = (&warm, format!("t-{n}"));
        async move {
            warm.send(order::initiate(&transfer, &name(n), &name(n + 300), 60)).await?;
            warm.send(order::approve(&transfer).by("bob")).await
        }
    });
    try_join_all(initiated).await.unwrap();
    warm.stop().await;

    // Each needs three streams at once, which it learns of one after the other.
    let cold = world.ready_service(&["--cache-bytes-max", "32768"]).await;
    let executed = (0..300).map(|n| cold.send(order::execute(&format!("t-{n}"))));
    try_join_all(executed).await.unwrap();
    assert_eq!(world.ledger().await.balance("a300"), 160);
}

#[tokio::test]
async fn streams_that_cannot_be_read_hold_up_no_command_on_others() {
    let world = World::new().await;
    let first = world.service(&[]).await;
    let accounts: Vec<String> = (0..40).map(|n| format!("a{n}")).collect();
    let names: Vec<&str> = accounts.iter().map(String::as_str).collect();
    first.open_accounts(&names, 10).await;
    first.stop().await;
    // An event of a newer build, as after a roll-back of an upgrade.
    world
        .execute(
            "ALTER TABLE log.events DISABLE TRIGGER events_append_only;
             UPDATE log.events SET schema_version = 99
                 WHERE stream_id IN ('account-a7', 'account-a23') AND version = 2;
             ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;",
        )
        .await;
    let bank = world.ready_service(&[]).await;
    let answers = (0..3).flat_map(|_| names.iter()).map(|name| {
        let call = bank.send(order::deposit(name, 1));
        async move { (*name, call.await) }
    });
    let answers = tokio::time::timeout(Duration::from_secs(8), join_all(answers)).await.unwrap();
    for (name, answer) in answers {
        match answer {
            Ok(_) => assert!(!["a7", "a23"].contains(&name)),
            Err(status) => {
                assert!(["a7", "a23"].contains(&name), "{name}: {status}");
                assert_eq!(status.code(), Code::Internal, "{status}");
            }
        }
    }
    // Also a command that only leans on it.
    let refused = bank.send(order::initiate("t", "a1", "a7", 1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    bank.send(order::initiate("t", "a1", "a2", 1)).await.unwrap();
}
