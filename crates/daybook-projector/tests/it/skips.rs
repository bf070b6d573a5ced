//! What operators have permitted to be left out (G7): nothing that can be applied, whatever they said.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_core::projection::event::ProjectionEventSkipped;
use daybook_core::projection::{EventPlace, ProjectionEvent};
use daybook_core::system::SystemEvent;
use daybook_domains::DaybookEvent;
use daybook_domains::READ_MODELS;
use daybook_readmodels::rebuild::RebuildOptions;

use super::rebuild::rebuild;
use super::support::World;
use super::support::ledger::{deposited, opened};
use super::support::reference::{assert_read_models_equal_the_log, assert_rows_equal_the_log};

fn skip(partition: Partition, position: i64) -> DaybookEvent {
    let position = Position::new(position).unwrap();
    let event = EventPlace { partition, position };
    SystemEvent::from(ProjectionEvent::EventSkipped(ProjectionEventSkipped { event })).into()
}

/// Records a skip for each of the projections.
async fn skip_in(world: &mut World, projections: &[&str], partition: Partition, position: i64) {
    for name in projections {
        let stream = format!("projection-{name}");
        world.record(&[(&stream, skip(partition, position))]).await;
    }
}

/// All read models anew, against the live ones; they become the live ones.
async fn rebuild_all_alike(world: &World) {
    let options = RebuildOptions { verify: true, ..RebuildOptions::default() };
    for one in rebuild(world, &READ_MODELS.map(|model| model.name), options).await.unwrap() {
        assert_eq!(one.differences_total, 0, "{one:?}");
    }
}

/// Of what was applied long ago, of another partition, of what is yet to come, of the last position that there is, and for
/// a projection that does not exist: as the log may hold them from before they were refused.
#[tokio::test]
async fn g7_a_skip_by_mistake_changes_nothing_live_or_in_a_rebuild() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    let recorded = world.record(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    world.wait_until_level().await;
    let partition = recorded[1].partition;
    let elsewhere = Partition((partition.0 + 1) % 4);
    skip_in(&mut world, &READ_MODELS.map(|model| model.name), partition, 2).await;
    skip_in(&mut world, &READ_MODELS.map(|model| model.name), elsewhere, 2).await;
    skip_in(&mut world, &READ_MODELS.map(|model| model.name), partition, i64::MAX).await;
    skip_in(&mut world, &["none"], partition, 2).await;
    let yet_to_come = world.log.next_position() + 7;
    skip_in(&mut world, &READ_MODELS.map(|model| model.name), partition, yet_to_come).await;
    let next = world.record(&[("account-a", deposited(1, 6))]).await;
    assert_eq!(next[0].position.get(), yet_to_come);
    // A projector that starts anew knows all of them.
    projector.stop().await;
    world.record(&[("account-a", deposited(1, 7))]).await;
    let projector = world.projector().await;
    assert_read_models_equal_the_log(&world).await;
    rebuild_all_alike(&world).await;
    assert_rows_equal_the_log(&world).await;
    projector.stop().await;
}

/// A deposit on an account that was never opened changes no row, which only the database can tell; an event that nobody
/// can read fails everywhere.
#[tokio::test]
async fn g7_what_cannot_be_applied_is_left_out_with_a_skip_live_and_in_every_rebuild() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.record(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    let ghost = world.record(&[("account-ghost", deposited(9, 9))]).await.remove(0);
    let nonsense = [("account-nonsense", "no-such-event", "{}".to_owned())];
    let nonsense = world.log.append_raw(&nonsense).await.remove(0);
    world.record(&[("account-a", deposited(1, 6))]).await;
    skip_in(&mut world, &["accounts"], ghost.partition, ghost.position.get()).await;
    skip_in(
        &mut world,
        &READ_MODELS.map(|model| model.name),
        nonsense.partition,
        nonsense.position.get(),
    )
    .await;
    let accounts = "SELECT account_id, balance FROM read.accounts_{} ORDER BY 1";
    for generation in 1..=3 {
        wait_until_nothing_stands(&world).await;
        world.wait_until_level().await;
        let rows = world.rows(&accounts.replace("{}", &generation.to_string())).await;
        let balance = 5 + generation;
        assert_eq!(rows, [format!(r#"{{"account_id":"a","balance":{balance}}}"#)]);
        rebuild_all_alike(&world).await;
        world.record(&[("account-a", deposited(1, balance + 1))]).await;
    }
    projector.stop().await;
}

async fn wait_until_nothing_stands(world: &World) {
    daybook_testkit::eventually("nothing stands", super::support::BOUND, async || {
        let stops = world
            .rows("SELECT projection, stopped_position, stopped_error FROM read.checkpoints WHERE stopped_cause IS NOT NULL")
            .await;
        anyhow::ensure!(stops.is_empty(), "{stops:?}");
        Ok(())
    })
    .await;
}
