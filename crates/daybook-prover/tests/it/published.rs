//! The tree as files: what a stranger finds there leads to the checkpoint that lies beside it.

use std::fs;
use std::path::{Path, PathBuf};

use daybook_proof::proof::{root, tiles_of_root};
use daybook_proof::tile::{TILE_WIDTH, Tiles, entries_path, hashes_at};
use daybook_proof::{Checkpoint, Hash, SignedCheckpoint, TileId, leaf};
use daybook_prover::publish::Publisher;

use crate::world::World;

fn checkpoint(world: &World, dir: &Path) -> Checkpoint {
    let note = fs::read_to_string(dir.join("checkpoint")).unwrap();
    SignedCheckpoint::open(&note, &world.keys().public_keys()).unwrap().checkpoint
}

fn width(size: u64, id: TileId) -> u64 {
    (hashes_at(size, id.level) - id.index * TILE_WIDTH).min(TILE_WIDTH)
}

fn root_from_files(dir: &Path, size: u64) -> Hash {
    let mut tiles = Tiles::default();
    for id in tiles_of_root(size) {
        tiles.insert(id, fs::read(dir.join(id.path(width(size, id)))).unwrap());
    }
    root(size, |node| tiles.node(node)).unwrap()
}

#[tokio::test]
async fn the_published_tiles_lead_to_every_published_checkpoint() {
    let world = World::start().await;
    let dir = world.publish_dir();
    let flags = ["--publish-dir", dir.to_str().unwrap(), "--publish-entries"];
    let prover = world.prover(&flags).await;
    for events in [100, 156, 44, 600] {
        world.append(events).await;
        let signed = world.signed().await.checkpoint;
        daybook_testkit::eventually("it is published", crate::world::BOUND, async || {
            anyhow::ensure!(dir.join("checkpoint").exists(), "not yet");
            anyhow::ensure!(checkpoint(&world, &dir) == signed, "an older one");
            Ok(())
        })
        .await;
        assert_eq!(root_from_files(&dir, signed.size), signed.root);
    }
    prover.stop().await;
    // The one of 100 is still there for whoever holds the checkpoint of 100.
    assert_eq!(root_from_files(&dir, 100), world.tree(100).await.root());

    let events = world.events().await;
    let bundle = fs::read(dir.join(entries_path(3, 132))).unwrap();
    let expected: Vec<u8> = events[768..]
        .iter()
        .map(leaf::encode)
        .flat_map(|leaf| [&u16::try_from(leaf.len()).unwrap().to_be_bytes()[..], &leaf].concat())
        .collect();
    assert_eq!(bundle, expected);
    assert!(dir.join("tile/entries/000").is_file() && dir.join("tile/1/000.p/3").is_file());
    assert_eq!(files_named(&dir, "tmp"), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn leaves_are_not_published_unless_asked_for() {
    let world = World::start().await;
    let prover = world.prover(&[]).await;
    world.append(300).await;
    let signed = world.signed().await;
    prover.stop().await;
    let dir = world.publish_dir();
    let publisher = Publisher::new(dir.clone(), false);
    // Two full tiles of level 0 and 1 are one file each; the checkpoint is one more.
    assert_eq!(publisher.publish(&world.store, &world.log, &signed).await.unwrap(), 4);
    assert_eq!(root_from_files(&dir, 300), signed.checkpoint.root);
    assert!(!dir.join("tile/entries").exists());
    // Nothing is left to do but the checkpoint.
    assert_eq!(publisher.publish(&world.store, &world.log, &signed).await.unwrap(), 1);
}

fn files_named(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_named(&path, extension));
        } else if path.extension().is_some_and(|is| is == extension) {
            found.push(path);
        }
    }
    found
}
