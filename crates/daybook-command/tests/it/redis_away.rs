//! Redis makes it fast, the log makes it right: without Redis a caller notices nothing.

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::support::{Service, World, order};

/// Far above what a command takes, far below what waiting for Redis would.
const AT_ONCE: Duration = Duration::from_millis(900);

#[tokio::test]
async fn without_redis_no_command_fails_or_waits() {
    let world = World::new().await;
    // A port that nobody listens on.
    let bank = world.ready_service(&["--redis-url", "redis://127.0.0.1:1"]).await;
    bank.open_accounts(&["a"], 0).await;
    deposit_quickly(&bank, 20).await;
    assert_eq!(world.ledger().await.balance("a"), 20);
    bank.stop().await;
}

#[tokio::test]
async fn redis_that_freezes_dies_and_comes_back_holds_up_no_command() {
    let mut world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    deposit_quickly(&bank, 10).await;
    world.redis.pause().unwrap();
    deposit_quickly(&bank, 30).await;
    world.redis.resume().unwrap();
    deposit_quickly(&bank, 10).await;
    world.redis.kill().await.unwrap();
    deposit_quickly(&bank, 30).await;
    world.redis.restart().await.unwrap();
    deposit_quickly(&bank, 10).await;
    assert_eq!(world.ledger().await.balance("a"), 90);
    bank.stop().await;
}

/// So many deposits, ten at a time, none of which may wait.
async fn deposit_quickly(bank: &Service, count: usize) {
    for _ in 0..count / 10 {
        let answers = join_all((0..10).map(|_| async {
            let sent = Instant::now();
            bank.send(order::deposit("a", 1)).await.unwrap();
            sent.elapsed()
        }));
        let slowest = answers.await.into_iter().max().unwrap();
        assert!(slowest < AT_ONCE, "one took {slowest:?}");
    }
}
