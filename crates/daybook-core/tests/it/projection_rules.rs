//! What operators may tell projections, accepted and refused.

use daybook_core::domain::{Rejection, RejectionKind};
use daybook_core::projection::event::{ProjectionEventSkipped, ProjectionRetryRequested};
use daybook_core::projection::{PROJECTION_SKIPS_MAX, ProjectionEvent, ProjectionName};
use daybook_core::system::System;
use daybook_core::testing::Scenario;

use crate::given::*;

fn skipped(partition: u16, position: i64) -> ProjectionEvent {
    ProjectionEventSkipped { event: place(partition, position) }.into()
}

#[test]
fn a_skip_is_an_event_of_the_projections_stream() {
    Scenario::new(System)
        .when("olga", skip("accounts", 3, 7))
        .then([(projection("accounts"), skipped(3, 7).into())]);
}

#[test]
fn the_same_event_is_skipped_once_for_each_projection() {
    let scenario = Scenario::new(System)
        .given(projection("accounts"), skipped(3, 7))
        .when("olga", skip("accounts", 3, 7))
        .then_rejected("SKIPPED_ALREADY");
    // Another event, and the same one of another projection, are something else.
    scenario
        .when("olga", skip("accounts", 3, 8))
        .then_accepted()
        .when("olga", skip("transfers", 3, 7))
        .then_accepted();
}

#[test]
fn a_retry_may_be_asked_for_again_and_again() {
    let requested: ProjectionEvent = ProjectionRetryRequested { event: place(3, 7) }.into();
    let mut scenario = Scenario::new(System);
    for _ in 0..3 {
        scenario = scenario
            .when("olga", retry("accounts", 3, 7))
            .then([(projection("accounts"), requested.clone().into())]);
    }
}

#[test]
fn a_place_that_no_log_has_is_refused_with_the_field_that_is_wrong() {
    for (command, field) in [
        (skip("accounts", 3, 0), "position"),
        (retry("accounts", 3, 0), "position"),
        (skip("accounts", 1024, 7), "partition"),
        (retry("accounts", 1024, 7), "partition"),
    ] {
        let outcome = Scenario::new(System).when("olga", command);
        let refusal = outcome.result().unwrap_err();
        assert_eq!(refusal.kind(), RejectionKind::Invalid { field });
    }
}

#[test]
fn there_is_an_end_to_skipping() {
    let mut scenario = Scenario::new(System);
    for position in 1..=i64::try_from(PROJECTION_SKIPS_MAX).unwrap() {
        scenario = scenario.given(projection("accounts"), skipped(0, position));
    }
    scenario.when("olga", skip("accounts", 1, 1)).then_rejected("TOO_MANY_SKIPS");
}

#[test]
fn a_projections_name_is_a_key_and_nothing_else() {
    assert!(ProjectionName::new("account_entries").is_ok());
    for name in ["", "a b", "a\nb", "a/b", "é"] {
        assert!(ProjectionName::new(name).is_err(), "{name:?}");
    }
}
