//! Projectors that come, go, die and fall asleep under load: real processes, and a log that never stands still.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::ensure;
use daybook_testkit::eventually;
use daybook_testkit::servers::{Process, Service};

use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::world::{BOUND, World};

/// Within which a partition has a new owner, whatever became of the old one.
const TAKEOVER_MAX: Duration = Duration::from_secs(5);

const ACCOUNTS: usize = 20;
/// As many as the log of a stack has.
const PARTITIONS: i64 = 16;

/// Partitions of each live instance, sorted.
async fn shares(world: &World) -> anyhow::Result<Vec<i64>> {
    let shares: Vec<i64> = sqlx::query_scalar(
        "SELECT count(*) FROM read.leases JOIN read.live_instances USING (projector_group, instance)
         GROUP BY instance ORDER BY 1",
    )
    .fetch_all(&world.admin)
    .await?;
    Ok(shares)
}

/// Waits until the live instances have these shares, and until what stood in the log at the beginning is applied in every
/// partition: whoever has them now works. Prints how long both took, and holds the first to the bound.
#[expect(clippy::print_stdout, reason = "the figures are what somebody runs this test for")]
async fn settled(world: &World, what: &str, since: Instant, expected: &[i64]) {
    assert_eq!(expected.iter().sum::<i64>(), PARTITIONS);
    let head = world.head().await;
    eventually(&format!("{what}: shares are {expected:?}"), BOUND, async || {
        let shares = shares(world).await?;
        ensure!(shares == expected, "{shares:?}");
        Ok(())
    })
    .await;
    let shared = since.elapsed();
    eventually(&format!("{what}: everybody works"), BOUND, async || {
        let lowest: i64 = sqlx::query_scalar("SELECT min(position) FROM read.checkpoints")
            .fetch_one(&world.admin)
            .await?;
        ensure!(lowest >= head, "checkpoint {lowest} of {head}");
        Ok(())
    })
    .await;
    println!(
        "{what}: shared after {:.2} s, all of it applied after {:.2} s",
        shared.as_secs_f64(),
        since.elapsed().as_secs_f64()
    );
    assert!(shared < TAKEOVER_MAX, "{what}: {shared:?}");
}

async fn start(world: &World) -> Process {
    world.stack.start_another(Service::Projector, &[]).await.unwrap()
}

/// What happens while the load runs. The stack's own projector is never touched.
async fn coming_and_going(world: &World) {
    settled(world, "1 instance", Instant::now(), &[16]).await;
    let mut fleet = vec![start(world).await, start(world).await, start(world).await];
    settled(world, "3 joined", Instant::now(), &[4, 4, 4, 4]).await;

    let redis = redis::Client::open(world.stack.redis.url()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut redis).await.unwrap();

    let since = Instant::now();
    fleet.swap_remove(1).kill().await.unwrap();
    settled(world, "1 of 4 killed with -9", since, &[5, 5, 6]).await;
    fleet.push(start(world).await);
    settled(world, "1 joined", Instant::now(), &[4, 4, 4, 4]).await;

    // Silent for longer than its lease; others are at work in its partitions when it wakes up and believes in it.
    let since = Instant::now();
    fleet[0].pause().unwrap();
    settled(world, "1 of 4 stopped with SIGSTOP", since, &[5, 5, 6]).await;
    let since = Instant::now();
    fleet[0].resume().unwrap();
    settled(world, "the stopped one continued", since, &[4, 4, 4, 4]).await;

    let since = Instant::now();
    for mut projector in fleet.drain(1..) {
        assert!(projector.terminate(BOUND).await.unwrap().success());
    }
    settled(world, "2 of 4 ended with SIGTERM", since, &[8, 8]).await;
}

/// The load never pauses: deposits, withdrawals, fees and transfers, 32 at a time, while projectors come and go.
#[tokio::test]
async fn g7_a_fleet_that_grows_dies_sleeps_and_shrinks_under_load_applies_everything_once() {
    let mut world = World::new().await;
    world.open_accounts(ACCOUNTS).await;
    let done = Cell::new(false);
    let load = async {
        let mut acknowledged = 0;
        while !done.get() {
            acknowledged += world.load(ACCOUNTS, 100).await;
        }
        acknowledged
    };
    let scenario = async {
        coming_and_going(&world).await;
        done.set(true);
    };
    let (acknowledged, ()) = tokio::join!(load, scenario);
    assert!(acknowledged > 1000, "{acknowledged} acknowledged is no load");

    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    assert_the_log_is_whole(&world.admin).await;
    let stopped: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM read.checkpoints WHERE attempts > 0 OR stopped_cause IS NOT NULL",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(stopped, 0, "nobody mistook another's work for a fault of an event");
}
