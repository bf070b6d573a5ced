//! A log that is not the one that was signed: the prover stands, says so, and signs nothing.

use std::fs;

use daybook_proof::SignedCheckpoint;
use daybook_prover::key_file;
use daybook_prover::store::Store;
use daybook_testkit::eventually;

use crate::world::{BOUND, NAME, World};

/// Takes the log back to a position, as a restore would.
async fn restore_log(world: &World, position: u64) {
    world
        .tamper(&format!(
            "DELETE FROM log.events WHERE position > {position}; UPDATE log.head SET position = {position}"
        ))
        .await;
}

async fn checkpoints(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM proof.checkpoints")
        .fetch_one(&world.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_restored_log_is_noticed_while_it_runs_and_at_its_start() {
    let world = World::start().await;
    world.append(600).await;
    let prover = world.prover(&[]).await;
    let last = world.signed().await;
    restore_log(&world, 500).await;
    prover.eventually(false).await;
    // Other events come in the place of the lost ones, and beyond.
    world.append(150).await;
    prover.stop().await;
    let prover = world.prover(&[]).await;
    world.looked().await;
    world.append(150).await;
    world.looked().await;
    assert!(!prover.serves().await);
    assert_eq!(world.last().await, Some(last));
    assert_eq!(checkpoints(&world).await, 1);
    prover.stop().await;
}

#[tokio::test]
async fn the_last_event_changed_by_one_letter_is_noticed_with_the_next() {
    let world = World::start().await;
    world.append(5).await;
    let prover = world.prover(&[]).await;
    world.signed().await;
    world.tamper("UPDATE log.events SET data = replace(data::text, '.10', '.11')::json WHERE position = 5").await;
    world.append(1).await;
    prover.eventually(false).await;
    assert_eq!(checkpoints(&world).await, 1);
    prover.stop().await;
}

/// Log and proof are set back together, to where they agreed: only what is kept outside the database tells.
#[tokio::test]
async fn a_log_set_back_with_its_proof_is_noticed_by_what_was_published() {
    let world = World::start().await;
    let dir = world.publish_dir();
    let publish = ["--publish-dir", dir.to_str().unwrap()];
    world.append(300).await;
    let prover = world.prover(&publish).await;
    world.signed().await;
    prover.stop().await;
    world
        .sql(
            "CREATE TABLE kept_trees AS TABLE proof.trees; CREATE TABLE kept_tiles AS TABLE proof.tiles;
             CREATE TABLE kept_checkpoints AS TABLE proof.checkpoints",
        )
        .await;
    world.append(100).await;
    let prover = world.prover(&publish).await;
    world.signed().await;
    prover.stop().await;

    restore_log(&world, 300).await;
    world
        .sql(
            "ALTER TABLE proof.checkpoints DISABLE TRIGGER USER;
             DELETE FROM proof.trees; DELETE FROM proof.tiles; DELETE FROM proof.checkpoints;
             INSERT INTO proof.trees TABLE kept_trees; INSERT INTO proof.tiles TABLE kept_tiles;
             INSERT INTO proof.checkpoints TABLE kept_checkpoints",
        )
        .await;
    world.append(200).await;
    let prover = world.prover(&publish).await;
    world.looked().await;
    assert!(!prover.serves().await);
    assert_eq!(world.last().await.unwrap().checkpoint.size, 300);
    let note = fs::read_to_string(dir.join("checkpoint")).unwrap();
    let published = SignedCheckpoint::open(&note, &world.keys().public_keys()).unwrap();
    assert_eq!(published.checkpoint.size, 400);
    prover.stop().await;
}

#[tokio::test]
async fn tiles_that_were_changed_are_not_signed_over() {
    let world = World::start().await;
    world.append(300).await;
    let prover = world.prover(&[]).await;
    world.signed().await;
    prover.stop().await;
    world
        .sql("UPDATE proof.tiles SET hashes = set_byte(hashes, 7, 255 - get_byte(hashes, 7)) WHERE level = 0 AND index = 0")
        .await;
    world.append(1).await;
    // The full tile's root is in level 1, which was not touched: the tree above it still is what was signed.
    let prover = world.prover(&[]).await;
    world.signed().await;
    prover.stop().await;
    world
        .sql("UPDATE proof.tiles SET hashes = set_byte(hashes, 7, 255 - get_byte(hashes, 7)) WHERE level = 1 AND index = 0")
        .await;
    world.append(1).await;
    let prover = world.prover(&[]).await;
    world.looked().await;
    assert!(!prover.serves().await);
    assert_eq!(world.last().await.unwrap().checkpoint.size, 301);
    prover.stop().await;
}

/// What somebody does who can change the whole database: another event, and no trace of the tree that held the true one.
const FORK: &str =
    "UPDATE log.events SET data = replace(data::text, '.10', '.99')::json WHERE position = 17";
const EMPTY_PROOF: &str = "ALTER TABLE proof.checkpoints DISABLE TRIGGER USER;
     TRUNCATE proof.trees, proof.tiles, proof.checkpoints;
     ALTER TABLE proof.checkpoints ENABLE ALWAYS TRIGGER checkpoints_append_only";

#[tokio::test]
async fn a_forked_history_is_signed_neither_by_a_running_prover_nor_after_its_start() {
    let world = World::start().await;
    world.append(600).await;
    let prover = world.prover(&[]).await;
    world.signed().await;
    world.tamper(&format!("{FORK}; {EMPTY_PROOF}")).await;
    world.append(1).await;
    prover.eventually(false).await;
    world.looked().await;
    assert_eq!(checkpoints(&world).await, 0, "by the one that runs");
    prover.stop().await;
    let prover = world.prover(&[]).await;
    world.looked().await;
    assert!(!prover.serves().await);
    assert_eq!(checkpoints(&world).await, 0, "by one that was started anew");
    prover.stop().await;
}

/// Read models and proof can be lost, and cost time alone: the tree is hashed again, and signed once it is what was signed.
#[tokio::test]
async fn a_proof_that_was_lost_is_made_again_up_to_what_was_signed() {
    let world = World::start().await;
    world.append(5_000).await;
    let prover = world.prover(&[]).await;
    let before = world.signed().await;
    world.sql(EMPTY_PROOF).await;
    world.append(10).await;
    assert_eq!(world.signed().await.checkpoint.root, world.tree(5_010).await.root());
    prover.eventually(true).await;
    prover.stop().await;
    // Without a new event it signs what it signed.
    world.sql(EMPTY_PROOF).await;
    let prover = world.prover(&[]).await;
    assert_eq!(world.signed().await.checkpoint.size, 5_010);
    prover.stop().await;
    // A state that is behind by a commit: set back with the database, as by a crash in between.
    restore_log(&world, 5_000).await;
    world.sql(EMPTY_PROOF).await;
    fs::write(state_file(&world), &before.note).unwrap();
    let prover = world.prover(&[]).await;
    assert_eq!(world.signed().await, before);
    prover.stop().await;
}

/// The file with what was signed last.
fn state_file(world: &World) -> std::path::PathBuf {
    let mut entries = fs::read_dir(world.state_dir()).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.extension().is_some_and(|is| is == "checkpoint")).unwrap()
}

#[tokio::test]
async fn a_key_whose_state_is_lost_signs_nothing() {
    let world = World::start().await;
    world.append(5).await;
    let error = world.prover_as_told(&[]).await.error().await;
    assert!(error.contains("--first") && error.contains(NAME), "{error}");
    let prover = world.prover(&[]).await;
    let signed = world.signed().await;
    let state = state_file(&world);
    assert_eq!(fs::read_to_string(&state).unwrap(), signed.note);
    let second = world.prover_as_told(&[]).await.error().await;
    assert!(second.contains("in use by another prover"), "{second}");
    prover.stop().await;

    fs::write(&state, signed.note.replace("\n5\n", "\n4\n")).unwrap();
    let error = world.prover_as_told(&[]).await.error().await;
    assert!(error.contains("not a checkpoint that a key of this key file signed"), "{error}");
    fs::remove_file(&state).unwrap();
    let error = world.prover_as_told(&[]).await.error().await;
    assert!(error.contains("--first"), "{error}");
    assert_eq!(checkpoints(&world).await, 1);
}

/// What cannot be kept is not signed: here something stands in the file's way.
#[tokio::test]
async fn nothing_is_signed_that_the_state_file_does_not_know() {
    let world = World::start().await;
    world.append(5).await;
    let prover = world.prover(&[]).await;
    world.signed().await;
    let state = state_file(&world);
    let aside = state.with_extension("aside");
    fs::rename(&state, &aside).unwrap();
    fs::create_dir(&state).unwrap();
    world.append(5).await;
    prover.eventually(false).await;
    world.looked().await;
    assert_eq!(checkpoints(&world).await, 1);
    fs::remove_dir(&state).unwrap();
    world.signed().await;
    prover.eventually(true).await;
    assert_eq!(fs::read_to_string(&state).unwrap(), world.last().await.unwrap().note);
    prover.stop().await;
}

/// The way out after a restore that was meant to be, as deploy/README.md describes it.
#[tokio::test]
async fn after_a_restore_a_new_key_signs_under_a_new_name_and_publishes_elsewhere() {
    let world = World::start().await;
    let (old_dir, new_dir) =
        (world.publish_dir(), world.publish_dir().with_file_name("published-2"));
    let publish_old = ["--publish-dir", old_dir.to_str().unwrap()];
    let publish_new = ["--publish-dir", new_dir.to_str().unwrap()];
    world.append(600).await;
    let prover = world.prover(&publish_old).await;
    world.signed().await;
    prover.stop().await;
    let published = fs::read(old_dir.join("checkpoint")).unwrap();
    restore_log(&world, 500).await;
    world.append(150).await;
    let prover = world.prover(&publish_old).await;
    world.looked().await;
    assert!(!prover.serves().await);
    prover.stop().await;

    let name = format!("{NAME}-2");
    fs::rename(world.key_path(), world.key_path().with_extension("old")).unwrap();
    key_file::generate(&world.key_path(), &name).unwrap();
    let error = world.prover_as_told(&publish_new).await.error().await;
    assert!(error.contains("--first"), "it has no state yet: {error}");
    let first = [&publish_old[..], &["--first"]].concat();
    let error = world.prover_as_told(&first).await.error().await;
    assert!(error.contains(&format!("publishes the log `{NAME}`")), "{error}");
    assert!(error.contains("publish to a directory of its own"), "{error}");
    let prover = world.prover_as_told(&publish_new).await;
    let keys = world.keys().public_keys();
    eventually("the new key signs", BOUND, async || {
        let note = Store::new(world.admin.clone(), &name).last_note().await?;
        let signed = SignedCheckpoint::open(&note.unwrap_or_default(), &keys)?;
        anyhow::ensure!(signed.checkpoint.size == 650, "{}", signed.checkpoint.size);
        anyhow::ensure!(fs::read_to_string(new_dir.join("checkpoint"))? == signed.note);
        Ok(())
    })
    .await;
    prover.eventually(true).await;
    prover.stop().await;
    assert_eq!(fs::read(old_dir.join("checkpoint")).unwrap(), published, "as it was");
}
