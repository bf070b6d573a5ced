//! Forgetting: the act, and what follows from it.

use daybook_core::domain::Domain as _;
use daybook_core::stream::StreamId;
use daybook_core::subject::event::{PersonalDataErased, SubjectForgotten};
use daybook_core::subject::{SubjectCommand, SubjectEvent, SubjectId, erasure_streams};
use daybook_core::system::{System, SystemCommand, SystemEvent};
use daybook_core::testing::Scenario;

fn alice() -> SubjectId {
    SubjectId::new("alice").unwrap()
}

fn forget() -> SubjectCommand {
    SubjectCommand::ForgetSubject { subject_id: alice() }
}

fn record() -> SubjectCommand {
    SubjectCommand::RecordErasure { subject_id: alice(), erasure_streams: erasure_streams(4) }
}

fn forgotten() -> SubjectEvent {
    SubjectForgotten { subject_id: alice() }.into()
}

fn erased() -> SubjectEvent {
    PersonalDataErased { subject_id: alice() }.into()
}

#[test]
fn somebody_is_forgotten_once() {
    Scenario::new(System)
        .when("olga", forget())
        .then([(alice().stream_id(), forgotten().into())])
        .when("olga", forget())
        .then_rejected("FORGOTTEN_ALREADY");
}

#[test]
fn an_erasure_tells_the_subject_and_every_partition_in_one_append() {
    let [a, b, c, d] = erasure_streams(4).try_into().unwrap();
    let told: [(StreamId, SystemEvent); 5] =
        [alice().stream_id(), a, b, c, d].map(|stream_id| (stream_id, erased().into()));
    Scenario::new(System)
        .given(alice().stream_id(), forgotten())
        .when("olga", record())
        .then(told)
        .when("olga", record())
        .then_rejected("ERASED_ALREADY");
}

#[test]
fn what_nobody_decided_is_not_carried_out() {
    Scenario::new(System).when("olga", record()).then_rejected("NOT_FORGOTTEN");
}

/// It may grow for ever, and would be loaded by every erasure.
#[test]
fn a_stream_that_tells_a_partition_has_no_state() {
    let stream_id = erasure_streams(1).remove(0);
    let state = System.evolve(&stream_id, None, &erased().into());
    assert_eq!(state, None);
}

#[test]
fn a_command_about_a_subject_is_itself_about_nobody() {
    let command = SystemCommand::from(forget());
    assert!(!System.is_personal(&command));
}
