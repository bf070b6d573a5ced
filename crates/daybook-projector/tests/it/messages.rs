//! G7 and G8 against everything that can happen to a message on its way.

use daybook_core::event::RecordedEvent;
use daybook_outbox::Origin;
use uuid::Uuid;

use super::support::World;
use super::support::ledger::Business;
use super::support::reference::assert_read_models_equal_the_log;

/// Business in many small appends; `deliver` decides what becomes of each append's messages.
async fn after_business(
    world: &mut World,
    appends: usize,
    mut deliver: impl AsyncFnMut(&World, usize, Vec<RecordedEvent>),
) {
    let mut business = Business::new(7, 12);
    for n in 0..appends {
        let events = business.next();
        let events: Vec<_> = events.iter().map(|(s, e)| (s.as_str(), e.clone())).collect();
        let recorded = world.log.append(&events).await;
        deliver(world, n, recorded).await;
    }
}

#[tokio::test]
async fn g7_what_is_recorded_reaches_the_read_models() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    after_business(&mut world, 300, async |world, _, events| world.publish(events)).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}
