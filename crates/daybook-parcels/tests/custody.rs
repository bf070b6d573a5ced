//! Every rule of custody, accepted and refused, and the forms in which events are stored.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;

use daybook_core::domain::Domain as _;
use daybook_core::event::EventPayload as _;
use daybook_core::ids::Actor;
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;
use daybook_core::testing::{Scenario, check_stored_forms};
use daybook_parcels::event::{ParcelAccepted, ParcelDelivered, ParcelHandedOver};
use daybook_parcels::{Custody, ParcelCommand, ParcelEvent, ParcelId};

fn id() -> ParcelId {
    ParcelId::new("p-1").unwrap()
}

fn stream() -> StreamId {
    id().stream_id()
}

fn actor(name: &str) -> Actor {
    Actor::new(name).unwrap()
}

fn bob() -> SubjectId {
    SubjectId::new("bob").unwrap()
}

fn name() -> Personal {
    Personal::new("Bob").unwrap()
}

fn accept() -> ParcelCommand {
    ParcelCommand::Accept { parcel_id: id(), recipient: bob(), name: name() }
}

fn hand_over(to: &str) -> ParcelCommand {
    ParcelCommand::HandOver { parcel_id: id(), to: actor(to) }
}

fn deliver() -> ParcelCommand {
    ParcelCommand::Deliver { parcel_id: id() }
}

/// The depot has parcel `p-1`.
fn accepted() -> Scenario<Custody> {
    let accepted = ParcelAccepted { recipient: bob(), name: name(), custodian: actor("depot") };
    Scenario::new(Custody).when("depot", accept()).then([(stream(), accepted.into())])
}

#[test]
fn a_parcel_goes_from_hand_to_hand_until_it_is_delivered() {
    let handed_over = ParcelHandedOver { from: actor("depot"), to: actor("van-7") };
    accepted()
        .when("depot", hand_over("van-7"))
        .then([(stream(), handed_over.into())])
        .when("van-7", deliver())
        .then([(stream(), ParcelDelivered { by: actor("van-7") }.into())]);
}

#[test]
fn only_who_has_a_parcel_may_hand_it_over_or_deliver_it() {
    for command in [hand_over("van-8"), deliver()] {
        accepted()
            .when("depot", hand_over("van-7"))
            .then_accepted()
            .when("depot", command)
            .then_rejected("NOT_THE_CUSTODIAN");
    }
    accepted().when("depot", hand_over("depot")).then_rejected("SAME_CUSTODIAN");
}

#[test]
fn a_parcel_is_accepted_once_and_nothing_happens_to_it_after_its_delivery() {
    accepted().when("depot", accept()).then_rejected("PARCEL_EXISTS");
    for command in [hand_over("van-7"), deliver()] {
        Scenario::new(Custody).when("depot", command.clone()).then_rejected("PARCEL_NOT_FOUND");
        accepted()
            .when("depot", deliver())
            .then_accepted()
            .when("depot", command)
            .then_rejected("PARCEL_DELIVERED");
    }
}

#[test]
fn a_snapshot_has_its_shape_and_reads_back_as_the_state() {
    let scenario = accepted();
    let state = scenario.state(&stream()).unwrap();
    let shape = r#"{"recipient":"bob","custodian":"depot"}"#;
    assert_eq!(
        (Custody.encode_state(state).unwrap().as_str(), Custody.fingerprint(&stream())),
        (shape, 1)
    );
    assert_eq!(&Custody.decode_state(&stream(), shape).unwrap(), state);
}

#[test]
fn every_stored_form_is_read_for_ever() {
    assert_eq!(
        ParcelEvent::EVENT_TYPES,
        ["parcel-accepted", "parcel-handed-over", "parcel-delivered"]
    );
    check_stored_forms::<ParcelEvent>(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events"),
    );
}
