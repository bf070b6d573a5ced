//! G7 when the log is restored under a projector that runs.

use super::support::World;
use super::support::ledger::{deposited, opened};

/// Its connections stay: the log has another event where it applied one.
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
