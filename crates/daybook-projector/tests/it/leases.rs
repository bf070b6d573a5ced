//! Which projector works on which partition, and what becomes of a partition when its projector goes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::ensure;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_testkit::eventually;
use sqlx::{Connection as _, PgConnection};
use tonic_health::pb::health_check_response::ServingStatus;

use super::support::ledger::{deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;
use super::support::{BOUND, PARTITIONS, World};

/// How many partitions each instance has, sorted; a partition without a lease is an error.
async fn shares(world: &World) -> anyhow::Result<Vec<i64>> {
    let held: Vec<(String, i64)> =
        sqlx::query_as("SELECT instance, count(*) FROM read.leases GROUP BY instance ORDER BY 2")
            .fetch_all(&world.pool)
            .await?;
    Ok(held.into_iter().map(|(_, partitions)| partitions).collect())
}

async fn wait_for_shares(world: &World, expected: &[i64]) -> Duration {
    let started = Instant::now();
    eventually(&format!("shares are {expected:?}"), BOUND, async || {
        let shares = shares(world).await?;
        ensure!(shares == expected, "{shares:?}");
        Ok(())
    })
    .await;
    started.elapsed()
}

/// Who has what, and since when.
async fn leases(world: &World) -> BTreeMap<i16, (String, time::OffsetDateTime)> {
    let rows: Vec<(i16, String, time::OffsetDateTime)> =
        sqlx::query_as("SELECT partition, instance, claimed_at FROM read.leases")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    rows.into_iter().map(|(partition, instance, since)| (partition, (instance, since))).collect()
}

#[tokio::test]
async fn g7_partitions_are_shared_fairly_as_projectors_come_and_go() {
    let mut world = World::start().await;
    let one = world.projector().await;
    wait_for_shares(&world, &[4]).await;
    world.record(&[("account-a", opened()), ("account-b", opened())]).await;
    let two = world.projector().await;
    wait_for_shares(&world, &[2, 2]).await;
    let before = leases(&world).await;
    let three = world.projector().await;
    wait_for_shares(&world, &[1, 1, 2]).await;
    let stayed = leases(&world).await.iter().filter(|(p, lease)| before[p] == **lease).count();
    assert_eq!(stayed, 3, "one partition moves to the one that joined, and no other");
    world.record(&[("account-a", deposited(5, 5)), ("account-b", deposited(7, 7))]).await;
    assert_read_models_equal_the_log(&world).await;

    two.stop().await;
    wait_for_shares(&world, &[2, 2]).await;
    three.kill();
    wait_for_shares(&world, &[4]).await;
    world.record(&[("account-a", deposited(5, 10))]).await;
    assert_read_models_equal_the_log(&world).await;
    one.stop().await;
    let left: i64 = world.scalar("SELECT count(*) FROM read.leases").await.unwrap();
    assert_eq!(left, 0, "who stops gives its leases back");
}

/// Leases of an hour: only a session that is gone tells that an instance is dead.
#[tokio::test]
async fn a_killed_instance_is_not_waited_for_and_one_that_is_paused_keeps_its_lease() {
    let world = World::start().await;
    // Paused: silent for long, and its session is there.
    let mut paused = PgConnection::connect(&world.postgres.admin_url()).await.unwrap();
    sqlx::query(
        "INSERT INTO read.instances (projector_group, instance, projections, lease, session_pid, beat_at)
         VALUES ('default', 'paused', '{}', '1 hour', pg_backend_pid(), clock_timestamp() - interval '10 s')",
    )
    .execute(&mut paused)
    .await
    .unwrap();
    world
        .execute(
            "INSERT INTO read.leases SELECT 'default', n, 'paused' FROM generate_series(0, 1) n",
        )
        .await;
    let dies = world.projector().await;
    wait_for_shares(&world, &[2, 2]).await;
    dies.kill();
    world.execute("UPDATE read.instances SET lease = '1 hour'").await;
    let before = leases(&world).await;
    let comes = world.projector().await;
    eventually("the killed one's partitions are taken over", BOUND, async || {
        let now = leases(&world).await;
        let moved = now.iter().filter(|(partition, lease)| before[partition] != **lease);
        ensure!(moved.count() == 2, "{now:?}");
        Ok(())
    })
    .await;
    let kept: i64 =
        world.scalar("SELECT count(*) FROM read.leases WHERE instance = 'paused'").await.unwrap();
    assert_eq!(kept, 2);
    // Its session ends.
    drop(paused);
    wait_for_shares(&world, &[4]).await;
    comes.stop().await;
}

/// The heartbeats hang on a lock for longer than a lease lasts.
#[tokio::test]
async fn g7_without_heartbeats_owners_keep_what_they_have_and_go_on() {
    let mut world = World::start().await;
    let one = world.projector().await;
    let other = world.projector().await;
    wait_for_shares(&world, &[2, 2]).await;
    let before = leases(&world).await;
    let mut lock = world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE read.instances IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let (started, mut balance) = (Instant::now(), 0);
    world.record(&[("account-a", opened())]).await;
    while started.elapsed() < Duration::from_secs(5) {
        balance += 1;
        world.record(&[("account-a", deposited(1, balance))]).await;
        world.wait_until_level().await;
    }
    lock.rollback().await.unwrap();
    wait_for_shares(&world, &[2, 2]).await;
    assert_eq!(before.len(), leases(&world).await.len());
    world.record(&[("account-a", deposited(1, balance + 1))]).await;
    assert_read_models_equal_the_log(&world).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn an_instance_that_was_told_to_run_other_projections_than_its_group_stands_aside() {
    let mut world = World::start().await;
    let one = world.projector().await;
    wait_for_shares(&world, &[4]).await;
    let before = leases(&world).await;
    let odd = world.projector_with(&["--projection", "accounts"]).await;
    eventually("both beat", BOUND, async || {
        let instances: i64 = world
            .scalar(
                "SELECT count(*) FROM read.instances WHERE beat_at > joined_at + interval '2 s'",
            )
            .await?;
        ensure!(instances == 2, "{instances}");
        Ok(())
    })
    .await;
    assert_eq!(leases(&world).await, before, "it takes nothing from the group");
    assert_eq!(one.health().await.unwrap(), ServingStatus::Serving);
    assert_eq!(odd.health().await.unwrap(), ServingStatus::NotServing);
    one.stop().await;
    // Alone it is the group.
    wait_for_shares(&world, &[4]).await;
    world.record(&[("account-a", opened())]).await;
    eventually("it runs what it was told to", BOUND, async || {
        let accounts: i64 = world.scalar("SELECT count(*) FROM read.accounts_1").await?;
        ensure!(accounts == 1);
        ensure!(odd.health().await? == ServingStatus::Serving);
        Ok(())
    })
    .await;
    odd.stop().await;
}

/// Each group has leases, and lists, of its own.
#[tokio::test]
async fn groups_run_different_projections_beside_each_other_each_scaled_alone() {
    let mut world = World::start().await;
    let accounts = ["--group", "accounts", "--projection", "accounts"];
    let rest = "account_entries,transfers,daily_activity,postings,posting_totals,audit";
    let others = ["--group", "others", "--projection", rest];
    let fleet = [
        world.projector_with(&accounts).await,
        world.projector_with(&others).await,
        world.projector_with(&others).await,
    ];
    wait_for_shares(&world, &[2, 2, 4]).await;
    let mut redis = world.redis().await;
    eventually("both groups are registered", BOUND, async || {
        let groups: u32 = redis::cmd("ZCARD").arg(world.groups()).query_async(&mut redis).await?;
        ensure!(groups == 2, "{groups}");
        Ok(())
    })
    .await;
    for n in 1..50 {
        let event = if n == 1 { opened() } else { deposited(1, n - 1) };
        world.record(&[("account-a", event)]).await;
    }
    assert_read_models_equal_the_log(&world).await;
    for projector in fleet {
        projector.stop().await;
    }
}

#[tokio::test]
async fn what_the_dead_left_is_removed_of_groups_that_are_gone_too() {
    let world = World::start().await;
    world
        .execute(
            "INSERT INTO read.instances (projector_group, instance, projections, beat_at)
             VALUES ('gone', 'dead', '{}', clock_timestamp() - interval '61 s'),
                    ('default', 'dead', '{}', clock_timestamp() - interval '61 s'),
                    ('quiet', 'asleep', '{}', clock_timestamp() - interval '30 s');
             INSERT INTO read.leases (projector_group, partition, instance)
             VALUES ('gone', 0, 'dead'), ('gone', 1, 'dead'), ('default', 2, 'dead'), ('quiet', 0, 'asleep')",
        )
        .await;
    let projector = world.projector().await;
    eventually("the dead are forgotten", BOUND, async || {
        let left = world
            .rows(
                "SELECT projector_group, count(*) AS leases FROM read.instances JOIN read.leases
                 USING (projector_group, instance) GROUP BY 1 ORDER BY 1",
            )
            .await;
        ensure!(
            left == [
                r#"{"projector_group":"default","leases":4}"#,
                r#"{"projector_group":"quiet","leases":1}"#
            ],
            "{left:?}"
        );
        Ok(())
    })
    .await;
    projector.stop().await;
    let rows = world.rows("SELECT instance FROM read.instances").await;
    assert_eq!(rows, [r#"{"instance":"asleep"}"#]);
}

/// A stream in a partition.
fn account_in(partition: i16) -> String {
    let wanted = Partition(u16::try_from(partition).unwrap());
    let in_it = |id: &String| Partition::of(&StreamId::parse(id).unwrap(), PARTITIONS) == wanted;
    (0..).map(|n| format!("account-p{n}")).find(in_it).unwrap()
}

/// A partition that is taken over is thousands of events behind, and read a few at a time; an event of a partition that
/// the new owner had all along is applied long before that is done.
#[tokio::test]
async fn what_does_not_move_is_not_paused_while_what_moved_catches_up() {
    let mut world = World::start().await;
    let flags = ["--batch-events-max", "4"];
    let stays = world.projector_with(&flags).await;
    wait_for_shares(&world, &[4]).await;
    let name: String = world.scalar("SELECT instance FROM read.instances").await.unwrap();
    let dies = world.projector_with(&flags).await;
    wait_for_shares(&world, &[2, 2]).await;
    world.wait_for_messages().await;
    let is_mine = |(_, (holder, _)): &(&i16, &(String, _))| *holder == name;
    let held = leases(&world).await;
    let (mine, theirs): (Vec<_>, Vec<_>) = held.iter().partition(is_mine);
    let (mine, theirs) = (*mine[0].0, *theirs[0].0);
    let (quick, slow) = (account_in(mine), account_in(theirs));
    world.record(&[(&quick, opened()), (&slow, opened())]).await;
    world.wait_until_level().await;

    // Whoever has the slow account hangs, while the log grows; then it dies, and its lease runs out at once.
    let mut lock = world.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM read.checkpoints WHERE partition = $1 FOR UPDATE")
        .bind(theirs)
        .execute(&mut *lock)
        .await
        .unwrap();
    for _ in 0..60 {
        let deposits: Vec<_> = (0..50).map(|_| (slow.as_str(), deposited(1, 1))).collect();
        world.log.append(&deposits).await;
    }
    dies.kill();
    world.execute(&format!("DELETE FROM read.instances WHERE instance <> '{name}'")).await;
    lock.rollback().await.unwrap();
    let behind =
        "SELECT (SELECT max(position) FROM log.head) - min(position) FROM read.checkpoints";
    eventually("it begins to catch up", BOUND, async || {
        let behind: i64 = world.scalar(behind).await?;
        ensure!((1..3000).contains(&behind), "{behind}");
        Ok(())
    })
    .await;
    let position = world.record(&[(&quick, deposited(1, 1))]).await[0].position.get();
    let reached = format!(
        "SELECT min(position) FILTER (WHERE partition = {mine}) >= {position} AS quick,
                min(position) FILTER (WHERE partition = {theirs}) >= {position} AS slow FROM read.checkpoints"
    );
    eventually("the event is applied while the other partition is behind", BOUND, async || {
        let rows = world.rows(&reached).await;
        ensure!(rows == [r#"{"quick":true,"slow":false}"#], "{rows:?}");
        Ok(())
    })
    .await;
    world.wait_until_level().await;
    stays.stop().await;
}
