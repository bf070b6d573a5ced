//! G7 when the log was restored, and what Redis still has tells of events that it lost.

use std::path::Path;

use super::support::World;
use super::support::ledger::{deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;

/// Two events that everybody has had, and two more of which only Redis knows when the log is restored to before them; then
/// the log goes on at the same positions with others.
async fn restored_with_messages_left(restore: Restore) {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    world.record(&[("account-a", opened()), ("account-b", opened())]).await;
    world.wait_until_level().await;
    projector.stop().await;
    if let Restore::Disk = restore {
        world.postgres.stop_fast().await.unwrap();
        copy(world.postgres.dir(), &world.postgres.dir().with_extension("snapshot"));
        world.postgres.restart().await.unwrap();
    }
    world.record(&[("account-a", deposited(1, 1)), ("account-b", deposited(2, 2))]).await;
    world.wait_until_pushed(4).await;
    if let Restore::Disk = restore {
        world.postgres.stop_fast().await.unwrap();
        let dir = world.postgres.dir().to_owned();
        std::fs::remove_dir_all(&dir).unwrap();
        std::fs::rename(dir.with_extension("snapshot"), &dir).unwrap();
        world.postgres.restart().await.unwrap();
    }
    world.log.cut_back_to(2).await;
    world.log.append(&[("account-a", deposited(7, 7)), ("account-b", deposited(8, 8))]).await;
    let projector = world.projector().await;
    assert_read_models_equal_the_log(&world).await;
    let balances = world.rows("SELECT balance FROM read.accounts_1 ORDER BY 1").await;
    assert_eq!(balances, [r#"{"balance":7}"#, r#"{"balance":8}"#]);
    projector.stop().await;
}

#[derive(Clone, Copy)]
enum Restore {
    /// As from a dump: the same log id, on the same server and timeline.
    Dump,
    /// The server's directory as it was.
    Disk,
}

fn copy(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn g7_messages_from_before_a_dump_was_restored_reach_no_row() {
    restored_with_messages_left(Restore::Dump).await;
}

#[tokio::test]
async fn g7_messages_from_before_a_disk_snapshot_was_restored_reach_no_row() {
    restored_with_messages_left(Restore::Disk).await;
}

/// Restored while the projector runs, and its connections stay: the log has another event where it applied one.
#[tokio::test]
async fn g7_a_log_that_is_restored_under_open_connections_reaches_no_row() {
    let mut world = World::start().await;
    // No look at the head comes to its help: only what messages name is read.
    let projector = world.projector_with(&["--poll-interval-ms", "10000"]).await;
    world.wait_for_messages().await;
    world.record(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    world.wait_until_level().await;
    world.log.cut_back_to(1).await;
    world.log.append(&[("account-a", deposited(7, 7))]).await;
    world.record(&[("account-a", deposited(1, 8))]).await;
    world.wait_until_all_stand_for_history().await;
    let rows = world.rows("SELECT balance FROM read.accounts_1").await;
    assert_eq!(rows, [r#"{"balance":5}"#]);
    projector.stop().await;
}
