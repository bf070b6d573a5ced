//! Everything that was ever stored can be read for ever: one file per event type and schema version.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::event::{DecodeError, EventPayload};
use crate::personal::Personal;

/// Checks the payloads in a folder, `<event type>.v<schema version>.json` each: there is one for every form that may
/// be in a log and none besides, every one of them is read, the newest of each type is what is written today, what a
/// newer build wrote is an error, and every personal field (as it is before it is sealed) is visited. An event type
/// whose personal field is not visited would be stored readable, and could never be erased.
///
/// # Panics
/// When one of these does not hold.
pub fn check_stored_forms<E: EventPayload + Debug>(folder: &Path) {
    let mut expected = BTreeSet::new();
    for event_type in E::EVENT_TYPES {
        let current = E::schema_version_of(event_type).expect("a type of the list has a version");
        for version in 1..=current {
            let name = format!("{event_type}.v{version}.json");
            let data = fs::read_to_string(folder.join(&name))
                .unwrap_or_else(|error| panic!("{}: {error}", folder.join(&name).display()));
            check_form::<E>(event_type, version, current, &data);
            expected.insert(name);
        }
        for version in [0, current + 1] {
            let newer = E::decode(event_type, version, "{}");
            assert!(
                matches!(newer, Err(DecodeError::UnknownSchemaVersion { schema_version, .. }) if schema_version == version),
                "{event_type} v{version}"
            );
        }
    }
    let files = fs::read_dir(folder).expect("the folder can be read");
    let name = |file: std::io::Result<fs::DirEntry>| {
        file.expect("the folder can be read").file_name().into_string().expect("a name in UTF-8")
    };
    assert_eq!(files.map(name).collect::<BTreeSet<_>>(), expected);
}

fn check_form<E: EventPayload + Debug>(event_type: &str, version: i32, current: i32, data: &str) {
    let mut event = E::decode(event_type, version, data)
        .unwrap_or_else(|error| panic!("{event_type} v{version}: {error:?}"));
    assert_eq!((event.event_type(), event.schema_version()), (event_type, current));
    if version < current {
        return;
    }
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON text");
    let written = event.encode().expect("an event can be written");
    assert_eq!(json(written.get()), json(data), "{event_type}");
    let mut visited = 0;
    event.visit_personal(&mut |field, text| {
        assert!(data.contains(&format!("\"{field}\"")), "{event_type}: {field}");
        *text = Personal::Erased;
        visited += 1;
    });
    assert_eq!(visited, data.matches("\"plain\"").count(), "{event_type}");
    let erased = event.encode().expect("an event can be written");
    assert!(!erased.get().contains("plain"), "{event_type}");
}
