//! `verify_tree`: whatever is done to the log by somebody who can do everything, it is found, with its position.

use daybook_proof::walk::Finding;
use daybook_proof::{Edge, SignedCheckpoint, leaf};
use daybook_prover::key_file;
use daybook_prover::verify::{TreeFinding, TreeReport, verify_tree};

use crate::world::{NAME, World};

/// 600 events, signed after 300 and after 600; the checkpoint of all of them kept elsewhere.
async fn signed_world() -> (World, SignedCheckpoint) {
    let world = World::start().await;
    let prover = world.prover(&[]).await;
    for _ in 0..2 {
        world.append(300).await;
        world.signed().await;
    }
    prover.stop().await;
    let kept = world.last().await.unwrap();
    (world, kept)
}

async fn verify(world: &World, kept: &SignedCheckpoint) -> TreeReport {
    let keys = world.keys().public_keys();
    verify_tree(&world.log, &world.store, &keys, std::slice::from_ref(kept), |_, _| {})
        .await
        .unwrap()
}

fn log(finding: Finding) -> TreeFinding {
    TreeFinding::Log(finding)
}

#[tokio::test]
async fn an_untouched_log_verifies() {
    let (world, kept) = signed_world().await;
    world.append(50).await;
    let mut told = Vec::new();
    let (keys, kept) = (world.keys().public_keys(), [kept]);
    let progress = |done, of| told.push((done, of));
    let report = verify_tree(&world.log, &world.store, &keys, &kept, progress).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.events, report.checkpoints), (650, 3));
    assert_eq!(told.last(), Some(&(650, 650)));
}

#[tokio::test]
async fn a_change_of_any_column_is_found_at_its_position() {
    let (world, kept) = signed_world().await;
    for (changed, back) in [
        (
            "data = replace(data::text, '.10', '.99')::json",
            "data = replace(data::text, '.99', '.10')::json",
        ),
        ("data = (data::text || ' ')::json", "data = rtrim(data::text)::json"),
        (
            "metadata = replace(metadata::text, 'teller', 'mallory')::json",
            "metadata = replace(metadata::text, 'mallory', 'teller')::json",
        ),
        (
            "recorded_at = recorded_at + interval '1 microsecond'",
            "recorded_at = recorded_at - interval '1 microsecond'",
        ),
        ("stream_type = 'transfer'", "stream_type = 'account'"),
        ("schema_version = 2", "schema_version = 1"),
        ("prev_position = prev_position - 1", "prev_position = prev_position + 1"),
        ("version = 2", "version = 1"),
    ] {
        world.tamper(&format!("UPDATE log.events SET {changed} WHERE position = 417")).await;
        let found = verify(&world, &kept).await.findings;
        let root = log(Finding::Root { after: 300, up_to: 600 });
        assert_eq!(found, [log(Finding::Leaf { position: 417 }), root.clone(), root], "{changed}");
        world.tamper(&format!("UPDATE log.events SET {back} WHERE position = 417")).await;
    }
    assert_eq!(verify(&world, &kept).await.findings, []);
}

#[tokio::test]
async fn two_swapped_events_are_found() {
    let (world, kept) = signed_world().await;
    world
        .tamper(
            "UPDATE log.events SET position = -1 WHERE position = 10;
             UPDATE log.events SET position = 10 WHERE position = 20;
             UPDATE log.events SET position = 20 WHERE position = -1",
        )
        .await;
    let found = verify(&world, &kept).await.findings;
    assert_eq!(
        found[..2],
        [log(Finding::Leaf { position: 10 }), log(Finding::Leaf { position: 20 })]
    );
}

#[tokio::test]
async fn events_that_were_deleted_are_found_in_the_middle_and_at_the_end() {
    let (world, kept) = signed_world().await;
    world.tamper("DELETE FROM log.events WHERE position BETWEEN 100 AND 102").await;
    let found = verify(&world, &kept).await.findings;
    assert_eq!(found, [log(Finding::Missing { from: 100, to: 102 })]);

    let (world, kept) = signed_world().await;
    world.tamper("DELETE FROM log.events WHERE position = 600").await;
    let found = verify(&world, &kept).await.findings;
    assert_eq!(found, [log(Finding::Missing { from: 600, to: 600 })]);
    // With the head moved back, as if it had never been.
    world.sql("UPDATE log.head SET position = 599").await;
    let found = verify(&world, &kept).await.findings;
    assert_eq!(found, [log(Finding::Cut { end: 599, signed: 600 })]);
}

#[tokio::test]
async fn a_forged_event_in_the_place_of_a_real_one_is_found() {
    let (world, kept) = signed_world().await;
    world
        .tamper(
            "DELETE FROM log.events WHERE position = 600;
             INSERT INTO log.events SELECT 600, prev_position, 9, recorded_at, gen_random_uuid(), 1, partition,
                 stream_id, stream_type, event_type, data, metadata FROM log.events WHERE position = 599",
        )
        .await;
    let found = verify(&world, &kept).await.findings;
    assert_eq!(found[0], log(Finding::Leaf { position: 600 }));
}

/// The whole database set back to an earlier state of itself: everything in it agrees.
#[tokio::test]
async fn a_database_that_was_set_back_is_found_by_the_checkpoint_kept_elsewhere() {
    let (world, kept) = signed_world().await;
    world
        .tamper("DELETE FROM log.events WHERE position > 300; UPDATE log.head SET position = 300")
        .await;
    let edge = world.store.edge(300).await.unwrap();
    world
        .sql(
            "ALTER TABLE proof.checkpoints DISABLE TRIGGER USER;
             DELETE FROM proof.checkpoints WHERE size > 300; UPDATE proof.trees SET size = 300",
        )
        .await;
    assert_eq!(edge.root(), world.tree(300).await.root());
    let keys = world.keys().public_keys();
    let alone = verify_tree(&world.log, &world.store, &keys, &[], |_, _| {}).await.unwrap();
    assert_eq!(alone.findings, [], "nothing in the database tells");
    let found = verify(&world, &kept).await.findings;
    assert_eq!(found, [log(Finding::Cut { end: 300, signed: 600 })]);
}

/// Log, tiles and checkpoints rewritten and signed with another key of the same name.
#[tokio::test]
async fn history_rewritten_and_signed_with_another_key_is_found() {
    let (world, kept) = signed_world().await;
    let trusted = world.keys().public_keys();
    world
        .tamper("UPDATE log.events SET data = replace(data::text, '.10', '.99')::json WHERE position = 17")
        .await;
    world
        .sql(
            "ALTER TABLE proof.checkpoints DISABLE TRIGGER USER;
             DELETE FROM proof.checkpoints; DELETE FROM proof.tiles; DELETE FROM proof.trees",
        )
        .await;
    std::fs::remove_file(world.key_path()).unwrap();
    key_file::generate(&world.key_path(), NAME).unwrap();
    let state = world.state_dir().with_file_name("theirs");
    let prover = world.prover_as_told(&["--first", "--state-dir", state.to_str().unwrap()]).await;
    world.signed().await;
    prover.stop().await;

    let report = verify_tree(&world.log, &world.store, &trusted, &[kept], |_, _| {}).await.unwrap();
    let untrusted =
        |finding: &TreeFinding| matches!(finding, TreeFinding::Checkpoint { size: 600, .. });
    assert!(report.findings.iter().any(untrusted), "{:?}", report.findings);
    assert!(
        report.findings.contains(&log(Finding::Root { after: 0, up_to: 600 })),
        "{:?}",
        report.findings
    );
}

#[tokio::test]
async fn an_event_appended_past_the_head_is_walked_over_and_does_not_pass_as_signed() {
    let (world, kept) = signed_world().await;
    world
        .tamper(
            "INSERT INTO log.events SELECT 601, 0, 9, recorded_at, gen_random_uuid(), 1, partition,
                 stream_id, stream_type, event_type, data, metadata FROM log.events WHERE position = 599",
        )
        .await;
    let report = verify(&world, &kept).await;
    assert_eq!(
        (report.events, report.findings),
        (601, vec![]),
        "it is there, and nothing vouches for it"
    );
    let mut edge = Edge::default();
    for event in world.events().await {
        edge.push(leaf::hash(&event), &mut Vec::new());
    }
    assert_ne!(edge.root(), kept.checkpoint.root);
}
