//! A rebuild killed with -9 in each of its phases. Each phase is held up by a lock on what it needs next, so that the kill
//! falls into it for certain.

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use crate::fold::assert_read_models_equal_the_fold;
use crate::operator::{Running, generation, rebuild, start_rebuild};
use crate::world::{BOUND, World};

type Lock = Transaction<'static, Postgres>;

async fn lock(world: &World, statement: &str) -> Lock {
    let mut lock = world.admin.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *lock).await.unwrap();
    lock
}

/// Waits until a session of the rebuild waits for a lock, in this phase as it says itself.
async fn held_up(world: &World, rebuild: &Running, phase: &str) {
    eventually(&format!("it is held up while {phase}"), BOUND, async || {
        ensure!(rebuild.printed().contains(&format!("\"phase\":\"{phase}\"")), "{}", rebuild.printed());
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'daybook-rebuild' AND wait_event_type = 'Lock'",
        )
        .fetch_one(&world.admin)
        .await?;
        ensure!(waiting > 0, "no session of the rebuild waits");
        Ok(())
    })
    .await;
}

/// The kill, and what must be true after it: the live read models are the same, go on, and can be rebuilt.
async fn killed(world: World, mut rebuild: Running, locks: Vec<Lock>) {
    rebuild.process.kill().await.unwrap();
    for lock in locks {
        lock.rollback().await.unwrap();
    }
    assert_eq!(generation(&world, "accounts").await, 1);
    assert!(world.load(10, 100).await > 50);
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;

    // Its session ends with it; until the server has noticed, it counts as alive.
    eventually("the next one is not refused", BOUND, async || {
        let (code, printed) = start_rebuild(&world, "--all").await.end().await;
        ensure!(code == Some(0), "{printed}");
        Ok(())
    })
    .await;
    world.projected().await;
    assert_eq!(generation(&world, "accounts").await, 3);
    assert_read_models_equal_the_fold(&world.admin).await;
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'read' AND tablename LIKE 'accounts\\__' ORDER BY 1",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    assert_eq!(left, ["accounts_1", "accounts_3"], "what the killed one had built is gone");
}

async fn world() -> World {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert!(world.load(10, 200).await > 150);
    world.projected().await;
    world
}

/// What a filling asks for first.
const NOBODY_FILLS: &str = "LOCK TABLE log.identity IN ACCESS EXCLUSIVE MODE";

const NOBODY_READS: &str = "LOCK TABLE log.events IN ACCESS EXCLUSIVE MODE";

/// A query on the new generation's table: rows can be written, an index cannot be made.
const QUERY_ON_NEW: &str = "SELECT count(*) FROM read.accounts_2";

/// A rebuild that hangs before it has filled anything, and what holds it up.
async fn hung_while_filling(world: &World, arguments: &str) -> (Running, Lock) {
    let nobody_fills = lock(world, NOBODY_FILLS).await;
    let rebuild = start_rebuild(world, arguments).await;
    held_up(world, &rebuild, "filling").await;
    (rebuild, nobody_fills)
}

/// One that has filled, and hangs behind a query before it makes its first index.
async fn hung_while_indexing(world: &World) -> (Running, Lock) {
    let (rebuild, nobody_fills) = hung_while_filling(world, "--all").await;
    let query = lock(world, QUERY_ON_NEW).await;
    nobody_fills.rollback().await.unwrap();
    held_up(world, &rebuild, "indexing").await;
    (rebuild, query)
}

/// One that waits for the live checkpoints, as if a projector were in the middle of a batch for ever.
async fn hung_before_live_checkpoints(
    world: &World,
    arguments: &str,
    phase: &str,
) -> (Running, Lock) {
    let batch = "SELECT 1 FROM read.checkpoints WHERE projection = 'accounts' FOR UPDATE";
    let batch = lock(world, batch).await;
    let rebuild = start_rebuild(world, arguments).await;
    held_up(world, &rebuild, phase).await;
    (rebuild, batch)
}

#[tokio::test]
async fn g7_a_rebuild_killed_while_filling_leaves_the_live_model_untouched() {
    let world = world().await;
    let (rebuild, nobody_fills) = hung_while_filling(&world, "--all").await;
    killed(world, rebuild, vec![nobody_fills]).await;
}

#[tokio::test]
async fn g7_a_rebuild_killed_while_indexing_leaves_the_live_model_untouched() {
    let world = world().await;
    let (rebuild, query) = hung_while_indexing(&world).await;
    killed(world, rebuild, vec![query]).await;
}

#[tokio::test]
async fn g7_a_rebuild_killed_while_catching_up_leaves_the_live_model_untouched() {
    let world = world().await;
    let (rebuild, query) = hung_while_indexing(&world).await;
    // It has something to catch up with, and cannot read it.
    assert!(world.load(10, 50).await > 20);
    let nobody_reads = lock(&world, NOBODY_READS).await;
    query.rollback().await.unwrap();
    held_up(&world, &rebuild, "catching-up").await;
    killed(world, rebuild, vec![nobody_reads]).await;
}

#[tokio::test]
async fn g7_a_rebuild_killed_while_verifying_leaves_the_live_model_untouched() {
    let world = world().await;
    let (rebuild, batch) =
        hung_before_live_checkpoints(&world, "--all --verify", "verifying").await;
    killed(world, rebuild, vec![batch]).await;
}

#[tokio::test]
async fn g7_a_rebuild_killed_in_its_swap_leaves_the_live_model_untouched() {
    let world = world().await;
    let (rebuild, batch) = hung_before_live_checkpoints(&world, "--all", "swapping").await;
    killed(world, rebuild, vec![batch]).await;
}

#[tokio::test]
async fn a_rebuild_that_is_interrupted_says_what_it_leaves() {
    let world = world().await;
    let (mut interrupted, nobody_fills) = hung_while_filling(&world, "accounts").await;
    let ended = interrupted.process.terminate(BOUND).await.unwrap();
    assert_eq!(ended.code(), Some(1));
    let printed = interrupted.printed();
    assert!(printed.contains("stopped; the live read models are as they were"), "{printed}");
    nobody_fills.rollback().await.unwrap();
    rebuild(&world, "accounts").await;
    assert_eq!(generation(&world, "accounts").await, 3);
}

/// What `accounts` is doing, and what its rebuild is doing.
async fn status(
    world: &World,
) -> anyhow::Result<(proto::ProjectionState, Option<proto::ProjectionRebuild>)> {
    let request = proto::GetProjectionStatusRequest { projection: "accounts".to_owned() };
    let answer = world.query.clone().get_projection_status(request).await?.into_inner();
    let [accounts] = &*answer.projections else { anyhow::bail!("{answer:?}") };
    Ok((accounts.state(), accounts.rebuild.clone()))
}

#[tokio::test]
async fn the_status_shows_a_rebuild_for_as_long_as_its_session_lives() {
    let world = world().await;
    let (mut rebuild, query) = hung_while_indexing(&world).await;
    eventually("the status shows its phase", BOUND, async || {
        let (state, rebuild) = status(&world).await?;
        ensure!(state == proto::ProjectionState::Rebuilding, "{state:?}");
        let Some(rebuild) = rebuild else { anyhow::bail!("no rebuild") };
        ensure!((rebuild.generation, rebuild.phase.as_str()) == (2, "indexing"), "{rebuild:?}");
        ensure!(
            rebuild.events_done > 100 && rebuild.events_done == rebuild.events_total,
            "{rebuild:?}"
        );
        Ok(())
    })
    .await;
    rebuild.process.kill().await.unwrap();
    query.rollback().await.unwrap();
    eventually("it is live again", BOUND, async || {
        let status = status(&world).await?;
        ensure!(status == (proto::ProjectionState::Live, None), "{status:?}");
        Ok(())
    })
    .await;
}
