//! Events of the bank as they stand in logs.

use std::fs;
use std::path::PathBuf;

use daybook_bank::BankEvent;
use daybook_core::event::{DecodeError, EventPayload as _};
use daybook_core::testing::check_stored_forms;

fn events() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events")
}

#[test]
fn the_stored_names_stay_what_they_are() {
    assert_eq!(
        BankEvent::EVENT_TYPES,
        [
            "account-opened",
            "money-deposited",
            "money-withdrawn",
            "fee-charged",
            "money-refunded",
            "funds-held",
            "hold-released",
            "transfer-debited",
            "transfer-credited",
            "account-frozen",
            "account-unfrozen",
            "account-closed",
            "transfer-initiated",
            "transfer-approved",
            "transfer-rejected",
            "transfer-cancelled",
            "transfer-executed",
        ]
    );
}

#[test]
fn every_stored_form_is_read_for_ever() {
    check_stored_forms::<BankEvent>(&events());
}

#[test]
fn what_is_not_an_event_of_the_bank_is_named_not_guessed() {
    assert!(matches!(
        BankEvent::decode("account-renamed", 1, "{}"),
        Err(DecodeError::UnknownType(name)) if name == "account-renamed"
    ));
    assert!(matches!(
        BankEvent::decode("money-deposited", 1, "{}"),
        Err(DecodeError::Malformed { .. })
    ));
}

#[test]
fn what_is_personal_does_not_reach_a_log_through_debug() {
    let data = fs::read_to_string(events().join("account-opened.v1.json")).unwrap();
    let event = BankEvent::decode("account-opened", 1, &data).unwrap();
    assert!(data.contains("Alice") && !format!("{event:?}").contains("Alice"));
}
