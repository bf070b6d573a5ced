//! Redis makes it fast, the log makes it right: Redis flushed, frozen, dead.

use std::time::{Duration, Instant};

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;

use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::world::{BOUND, World, by, deposit};

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

/// Resident memory of the command service, in MiB.
fn memory(world: &World) -> u64 {
    let pid = world.stack.command.pid().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// Ten thousand lists for each partition would be gigabytes; what is pushed to is bounded.
#[tokio::test]
async fn g11_thousands_of_groups_that_nobody_drains_cost_no_memory() {
    const FAKES: usize = 10_000;
    const GROWTH_MAX: u64 = 64;
    let mut world = World::new().await;
    world.open_accounts(10).await;
    // Past the growth of any service that begins to work.
    world.load(10, 500).await;
    let before = memory(&world);
    let redis = redis::Client::open(world.stack.redis.url()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    let groups: Vec<String> =
        redis::cmd("KEYS").arg("daybook:*:groups").query_async(&mut redis).await.unwrap();
    let groups = &groups[0];
    let (now, _): (u64, u64) = redis::cmd("TIME").query_async(&mut redis).await.unwrap();
    // They are there by one command: seen now, and in the year 2100.
    let mut register = redis::cmd("ZADD");
    register.arg(groups);
    for n in 0..FAKES {
        let seen = if n % 2 == 0 { now * 1000 } else { 4_102_444_800_000 };
        register.arg(seen).arg(format!("fake-{n}-{}", "x".repeat(48)));
    }
    let added: usize = register.query_async(&mut redis).await.unwrap();
    assert_eq!(added, FAKES);
    eventually("those of the future are removed, some others are pushed to", BOUND, async || {
        world.load(10, 10).await;
        let mut redis = redis.clone();
        let left: usize = redis::cmd("ZCARD").arg(groups).query_async(&mut redis).await?;
        let lists: Vec<String> =
            redis::cmd("KEYS").arg("*outbox:fake-*").query_async(&mut redis).await?;
        ensure!(left <= FAKES / 2 + 1 && !lists.is_empty(), "{left} groups, {lists:?}");
        Ok(())
    })
    .await;
    world.load(10, 2000).await;
    let grown = memory(&world).saturating_sub(before);
    assert!(grown <= GROWTH_MAX, "{grown} MiB more than {before} MiB");
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
}
