//! A log that is not the one that was signed: the prover stands, says so, and signs nothing.

use daybook_proof::SignedCheckpoint;

use crate::world::World;

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
    let note = std::fs::read_to_string(dir.join("checkpoint")).unwrap();
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
