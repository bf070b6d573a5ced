//! Everything that was ever stored can be read for ever: one fixture a stored type and schema version.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use daybook_bank::account::AccountEvent;
use daybook_bank::transfer::TransferEvent;
use daybook_bank::{ALL_EVENT_TYPES, BankEvent};
use daybook_core::clock::ClockEvent;
use daybook_core::event::{DecodeError, EventPayload};
use daybook_core::metadata::Metadata;
use daybook_core::personal::Personal;
use daybook_core::projection::ProjectionEvent;
use daybook_core::subject::SubjectEvent;
use serde_json::Value;

fn fixtures(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

pub(crate) fn current_version(event_type: &str) -> i32 {
    AccountEvent::schema_version_of(event_type)
        .or_else(|| TransferEvent::schema_version_of(event_type))
        .or_else(|| ProjectionEvent::schema_version_of(event_type))
        .or_else(|| SubjectEvent::schema_version_of(event_type))
        .or_else(|| ClockEvent::schema_version_of(event_type))
        .unwrap()
}

fn file_name(event_type: &str, schema_version: i32) -> String {
    format!("{event_type}.v{schema_version}.json")
}

/// All that may stand in the log: each type in each version.
fn stored_forms() -> Vec<(&'static str, i32)> {
    let versions = |event_type| (1..=current_version(event_type)).map(move |v| (event_type, v));
    ALL_EVENT_TYPES.iter().copied().flat_map(versions).collect()
}

pub(crate) fn read_fixture(event_type: &str, schema_version: i32) -> String {
    let path = fixtures("events").join(file_name(event_type, schema_version));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Stored metadata.
pub(crate) fn read_metadata(name: &str) -> String {
    fs::read_to_string(fixtures("metadata").join(name)).unwrap()
}

#[test]
fn the_stored_names_stay_what_they_are() {
    assert_eq!(
        ALL_EVENT_TYPES,
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
            "projection-event-skipped",
            "projection-retry-requested",
            "subject-forgotten",
            "personal-data-erased",
            "clock-time-accepted",
        ]
    );
}

#[test]
fn there_is_a_fixture_for_each_stored_form_and_none_besides() {
    let expected: BTreeSet<_> =
        stored_forms().into_iter().map(|(event_type, v)| file_name(event_type, v)).collect();
    let found: BTreeSet<_> = fs::read_dir(fixtures("events"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_stored_form_is_still_read() {
    for (event_type, version) in stored_forms() {
        let data = read_fixture(event_type, version);
        let event = BankEvent::decode(event_type, version, &data)
            .unwrap_or_else(|error| panic!("{event_type} v{version}: {error:?}"));
        assert_eq!(event.event_type(), event_type);
        assert_eq!(event.schema_version(), current_version(event_type));
    }
}

#[test]
fn what_is_written_today_is_the_form_of_the_newest_fixture() {
    for event_type in ALL_EVENT_TYPES {
        let version = current_version(event_type);
        let data = read_fixture(event_type, version);
        let event = BankEvent::decode(event_type, version, &data).unwrap();
        let written: Value = serde_json::from_str(&event.encode().unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(&data).unwrap(), "{event_type}");
    }
}

#[test]
fn what_a_newer_build_wrote_is_named_not_guessed() {
    assert!(matches!(
        BankEvent::decode("account-renamed", 1, "{}"),
        Err(DecodeError::UnknownType(name)) if name == "account-renamed"
    ));
    for event_type in ALL_EVENT_TYPES {
        for version in [0, current_version(event_type) + 1] {
            assert!(matches!(
                BankEvent::decode(event_type, version, "{}"),
                Err(DecodeError::UnknownSchemaVersion { schema_version, .. })
                    if schema_version == version
            ));
        }
    }
    assert!(matches!(
        BankEvent::decode("money-deposited", 1, "{}"),
        Err(DecodeError::Malformed { .. })
    ));
}

#[test]
fn metadata_that_was_stored_is_still_read_and_written_alike() {
    for name in ["full.json", "least.json", "sealed.json"] {
        let text = read_metadata(name);
        let metadata: Metadata = serde_json::from_str(&text).unwrap();
        let written = serde_json::to_value(&metadata).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap(), "{name}");
    }
}

#[test]
fn what_is_personal_does_not_reach_a_log_through_debug() {
    let data = read_fixture("account-opened", 1);
    let event = BankEvent::decode("account-opened", 1, &data).unwrap();
    assert!(data.contains("Alice") && !format!("{event:?}").contains("Alice"));
}

/// An event type whose personal field is not visited would be stored readable, and could never be erased.
#[test]
fn every_personal_field_is_visited() {
    for event_type in ALL_EVENT_TYPES {
        let data = read_fixture(event_type, current_version(event_type));
        let personal = data.matches("\"plain\"").count();
        let mut event = BankEvent::decode(event_type, current_version(event_type), &data).unwrap();
        let mut visited = 0;
        event.visit_personal(&mut |field, text| {
            assert!(data.contains(&format!("\"{field}\"")), "{event_type}: {field}");
            *text = Personal::Erased;
            visited += 1;
        });
        assert_eq!(visited, personal, "{event_type}");
        assert!(!event.encode().unwrap().contains("plain"), "{event_type}");
    }
}
