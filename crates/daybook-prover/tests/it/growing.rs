//! The tree follows the log.

use std::collections::BTreeSet;
use std::time::Duration;

use daybook_proof::proof::{
    consistency, inclusion, tiles_of_consistency, tiles_of_inclusion, verify_consistency,
    verify_inclusion,
};
use daybook_proof::{SignedCheckpoint, leaf};
use daybook_prover::key_file;
use daybook_testkit::eventually;

use crate::world::{BOUND, World};

/// Several pages of the prover and three levels of tiles, the root worked out anew from the rows.
#[tokio::test]
async fn a_checkpoint_has_the_root_of_all_events_and_proofs_lead_to_it() {
    let world = World::start().await;
    world.append(9_000).await;
    let prover = world.prover(&[]).await;
    let first = world.signed().await.checkpoint;
    assert_eq!(first.root, world.tree(9_000).await.root());
    world.append(1_300).await;
    let second = world.signed().await.checkpoint;
    assert_eq!(second.root, world.tree(10_300).await.root());

    let events = world.events().await;
    for position in [1, 256, 257, 9_000, 9_001, 10_300_u64] {
        let (index, size) = (position - 1, second.size);
        let tiles = world.store.tiles(&tiles_of_inclusion(index, size)).await.unwrap();
        let proof = inclusion(index, size, |node| tiles.node(node)).unwrap();
        let leaf = leaf::hash(&events[usize::try_from(index).unwrap()]);
        assert_eq!(verify_inclusion(index, size, leaf, &proof, second.root), Ok(()), "{position}");
    }
    let tiles = world.store.tiles(&tiles_of_consistency(first.size, second.size)).await.unwrap();
    let proof = consistency(first.size, second.size, |node| tiles.node(node)).unwrap();
    let both = ((first.size, first.root), (second.size, second.root));
    assert_eq!(verify_consistency(both.0, both.1, &proof), Ok(()));
    prover.stop().await;
}

/// Appends go on for three seconds; the times of the signatures are the database's.
#[tokio::test]
async fn checkpoints_are_signed_at_least_every_second_while_events_come() {
    let world = World::start().await;
    let prover = world.prover(&["--interval-ms", "300"]).await;
    let until = tokio::time::Instant::now() + Duration::from_secs(3);
    while tokio::time::Instant::now() < until {
        world.append(5).await;
    }
    world.signed().await;
    let longest: f64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM max(pause))::float8 FROM (
             SELECT signed_at - lag(signed_at) OVER (ORDER BY signed_at) AS pause FROM proof.checkpoints
         ) AS pauses",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert!(longest < 1.0, "{longest} s between two");
    assert!(world.every_checkpoint_holds().await >= 5);
    prover.stop().await;
}

/// Both believe in themselves; the compare-and-set of the size lets one write at a time.
#[tokio::test]
async fn two_provers_make_one_tree() {
    let world = World::start().await;
    world.append(5_000).await;
    let second = world.state_dir().with_file_name("second");
    let second = ["--first", "--state-dir", second.to_str().unwrap()];
    let provers = [world.prover(&[]).await, world.prover_as_told(&second).await];
    for _ in 0..40 {
        world.append(7).await;
    }
    world.signed().await;
    world.every_checkpoint_holds().await;
    let sizes: BTreeSet<u64> =
        world.store.notes_after((0, 0), 1000).await.unwrap().iter().map(|note| note.size).collect();
    assert!(sizes.contains(&5_280));
    for prover in provers {
        prover.eventually(true).await;
        prover.stop().await;
    }
}

/// Ended at any moment, as by kill -9: its task is dropped wherever it is, and its connections with it.
#[tokio::test]
async fn a_prover_that_was_killed_goes_on_from_what_was_committed() {
    let world = World::start().await;
    world.append(20_000).await;
    for _ in 0..12 {
        let prover = world.prover(&[]).await;
        let before = world.store.size().await.unwrap().map_or(0, |(_, size)| size);
        eventually("it has done something", BOUND, async || {
            let size = world.store.size().await?.map_or(0, |(_, size)| size);
            anyhow::ensure!(size > before || size == world.head().await, "{size}");
            Ok(())
        })
        .await;
        drop(prover);
        world.append(50).await;
    }
    let prover = world.prover(&[]).await;
    let last = world.signed().await.checkpoint;
    assert_eq!(last.root, world.tree(20_600).await.root());
    world.every_checkpoint_holds().await;
    prover.stop().await;
}

/// Pages that nobody signed do not wait for the disk: a crash of the server may take them back, and they are grown again. What
/// was signed stays.
#[tokio::test]
async fn a_server_that_crashed_takes_back_only_what_nobody_signed() {
    let mut world = World::start().await;
    world.append(20_000).await;
    let prover = world.prover(&[]).await;
    for crash in 1..=4 {
        let before = world.store.size().await.unwrap().map_or(0, |(_, size)| size);
        eventually("it grows", BOUND, async || {
            let size = world.store.size().await?.map_or(0, |(_, size)| size);
            anyhow::ensure!(size > before, "{size}");
            Ok(())
        })
        .await;
        let signed = world.last().await.map_or(0, |last| last.checkpoint.size);
        world.postgres.kill_immediately().await.unwrap();
        world.postgres.restart().await.unwrap();
        eventually("the server is back", BOUND, async || {
            let last = world.store.last_note().await?;
            anyhow::ensure!(signed == 0 || last.is_some());
            Ok(())
        })
        .await;
        let kept = world.last().await.map_or(0, |last| last.checkpoint.size);
        assert!(kept >= signed, "crash {crash}: {kept} events were signed, and {signed} before");
        world.append(5000).await;
    }
    let last = world.signed().await.checkpoint;
    assert_eq!((last.size, last.root), (40_000, world.tree(40_000).await.root()));
    world.every_checkpoint_holds().await;
    prover.stop().await;
}

/// Those who have the old public key alone go on to verify until the overlap ends.
#[tokio::test]
async fn a_new_key_signs_what_the_old_one_signed_and_goes_on_beside_it() {
    let world = World::start().await;
    world.append(10).await;
    let prover = world.prover(&[]).await;
    let old = world.signed().await;
    prover.stop().await;
    let old_keys = world.keys().public_keys();
    // The second time without an overlap: the first one's still runs.
    for overlap in [time::Duration::DAY, time::Duration::ZERO] {
        let before = world.last().await.unwrap();
        key_file::rotate(&world.key_path(), overlap).unwrap();
        let prover = world.prover(&[]).await;
        eventually("the new key signs", BOUND, async || {
            let last = world.last().await.unwrap();
            anyhow::ensure!(last.key_id != before.key_id, "still the one before");
            anyhow::ensure!(last.checkpoint == old.checkpoint, "another tree");
            Ok(())
        })
        .await;
        let signed = world.last().await.unwrap();
        SignedCheckpoint::open(&signed.note, &old_keys).unwrap();
        prover.stop().await;
    }
    world.append(1).await;
    let prover = world.prover(&[]).await;
    let new = world.signed().await;
    assert_eq!(new.key_id, world.keys().private.public().id());
    assert_eq!(new.note.lines().filter(|line| line.starts_with('\u{2014}')).count(), 2);
    assert_eq!(world.every_checkpoint_holds().await, 4);
    prover.stop().await;
}

#[tokio::test]
async fn the_private_key_is_not_in_the_database() {
    let world = World::start().await;
    world.append(10).await;
    let prover = world.prover(&[]).await;
    world.signed().await;
    prover.stop().await;
    let text = std::fs::read_to_string(world.key_path()).unwrap();
    let secret = text.lines().find(|line| line.starts_with("PRIVATE")).unwrap();
    let secret = &secret[secret.len() - 40..];
    let tables = ["trees", "checkpoints", "tiles"];
    for table in tables {
        let statement =
            format!("SELECT count(*) FROM proof.{table} t WHERE t::text LIKE '%{secret}%'");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&world.admin)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
}
