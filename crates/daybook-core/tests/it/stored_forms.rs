//! Events of the system, and metadata, as they stand in logs.

use std::fs;
use std::path::PathBuf;

use daybook_core::event::EventPayload as _;
use daybook_core::metadata::Metadata;
use daybook_core::system::SystemEvent;
use daybook_core::testing::check_stored_forms;
use serde_json::Value;

fn fixtures(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

#[test]
fn the_stored_names_stay_what_they_are() {
    assert_eq!(
        SystemEvent::EVENT_TYPES,
        [
            "projection-event-skipped",
            "projection-retry-requested",
            "subject-forgotten",
            "personal-data-erased",
            "clock-time-accepted",
        ]
    );
}

#[test]
fn every_stored_form_is_read_for_ever() {
    check_stored_forms::<SystemEvent>(&fixtures("events"));
}

#[test]
fn metadata_that_was_stored_is_still_read_and_written_alike() {
    for name in ["full.json", "least.json", "sealed.json"] {
        let text = fs::read_to_string(fixtures("metadata").join(name)).unwrap();
        let metadata: Metadata = serde_json::from_str(&text).unwrap();
        let written = serde_json::to_value(&metadata).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap(), "{name}");
    }
}
