//! A time that lies in the future, accepted and refused.

use daybook_core::clock::{self, ClockCommand, ClockTimeAccepted};
use daybook_core::ids::Position;
use daybook_core::system::{System, SystemCommand};
use daybook_core::testing::Scenario;
use time::macros::datetime;

fn accept(position: i64, recorded_at: time::OffsetDateTime) -> SystemCommand {
    ClockCommand::AcceptTime { position: Position::new(position).unwrap(), recorded_at }.into()
}

#[test]
fn a_time_in_the_future_is_accepted_once_with_the_moment_at_which_it_was() {
    let (now, future) = (datetime!(2026-11-28 10:00 UTC), datetime!(2109-01-14 10:00 UTC));
    let accepted = ClockTimeAccepted {
        position: Position::new(7).unwrap(),
        recorded_at: future,
        accepted_at: now,
    };
    let event = clock::ClockEvent::from(accepted.clone());
    let scenario = Scenario::new(System)
        .at(now)
        .when("olga", accept(7, future))
        .then([(clock::stream_id(), event.into())]);
    scenario.when("olga", accept(8, future)).then_rejected("TIME_ACCEPTED_ALREADY");
    for (time, wrong) in [
        (now - time::Duration::hours(1), false),
        (now + time::Duration::hours(1), true),
        (future, true),
        (future + time::Duration::hours(1), false),
    ] {
        assert_eq!(accepted.makes_wrong(time), wrong, "{time}");
    }
}

#[test]
fn a_time_that_has_come_needs_no_acceptance() {
    let now = datetime!(2026-11-28 10:00 UTC);
    Scenario::new(System)
        .at(now)
        .when("olga", accept(7, now))
        .then_rejected("TIME_NOT_IN_THE_FUTURE");
}
