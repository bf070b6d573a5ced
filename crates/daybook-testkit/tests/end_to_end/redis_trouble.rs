//! Redis makes it fast, the log makes it right: Redis flushed, frozen, dead.

use std::time::{Duration, Instant};

use daybook_proto::v1 as proto;

use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::world::{World, by, deposit};

#[tokio::test]
async fn g7_flushall_in_the_middle_of_a_load_loses_nothing() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    let redis = redis::Client::open(world.stack.redis.url()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    let flushing = async {
        for _ in 0..20 {
            redis::cmd("FLUSHALL").exec_async(&mut redis).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (acknowledged, ()) = tokio::join!(world.load(10, 500), flushing);
    assert_eq!(acknowledged, 500);
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    assert_the_log_is_whole(&world.admin).await;
}

#[tokio::test]
async fn g7_redis_stopped_during_a_load_loses_nothing_and_delays_no_acknowledgement() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert_eq!(world.load(10, 100).await, 100);
    world.stack.redis.kill().await.unwrap();
    let started = Instant::now();
    assert_eq!(world.load(10, 300).await, 300, "every command is acknowledged with Redis dead");
    // One wait for Redis in any of them would take at least its time limit of a second.
    let slowest = {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let one = Instant::now();
            world.command.deposit(by("teller", deposit("a0", 1))).await.unwrap();
            slowest = slowest.max(one.elapsed());
        }
        slowest
    };
    assert!(slowest < Duration::from_millis(900), "{slowest:?}, {:?} in all", started.elapsed());

    // The read models go on from the log alone, and a query that waits for a position gets its answer.
    let paid = world.command.deposit(by("teller", deposit("a0", 1))).await.unwrap();
    let request = proto::GetAccountRequest {
        account_id: "a0".to_owned(),
        min_position: paid.into_inner().receipt.unwrap().position,
    };
    world.query.get_account(request).await.unwrap();
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;

    world.stack.redis.restart().await.unwrap();
    assert_eq!(world.load(10, 100).await, 100);
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    assert_the_log_is_whole(&world.admin).await;
}
