//! What is hashed, signed and handed to strangers, byte for byte.

use std::fmt::Write as _;

use daybook_core::testing::assert_pinned;
use daybook_proof::tile::entries_path;
use daybook_proof::{KeyFile, TileId, leaf};

use super::{Case, account, log};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn leaves_checkpoints_and_keys_are_what_they_ever_were() {
    let case = Case::new();
    let mut written = Vec::new();
    for event in log() {
        written.push(format!("leaf {} {}", event.position, hex(&leaf::encode(&event))));
        written.push(format!("hash {} {}", event.position, leaf::hash(&event)));
    }
    let key_file = KeyFile::new(Case::new().keys.own).secret_text();
    // What stands before it is for people.
    let key = key_file.lines().find(|line| !line.starts_with('#')).unwrap();
    for (what, text) in [
        ("note", case.signed.note.as_str()),
        ("private key", key),
        ("public key", &case.keys.own.public().to_string()),
        ("tile", &TileId { level: 1, index: 1_234_067 }.path(256)),
        ("tile", &TileId { level: 0, index: 0 }.path(9)),
        ("entries", &entries_path(1_234_067, 5)),
    ] {
        written.extend(text.lines().map(|line| format!("{what}: {line}")));
    }
    assert_pinned("golden/proof.txt", include_str!("../../golden/proof.txt"), &written);
}

/// The file of before also still holds.
#[test]
fn an_evidence_file_is_what_it_ever_was() {
    let case = Case::new();
    let pinned = include_str!("../../golden/evidence.json");
    let written = serde_json::to_string_pretty(&case.alice()).unwrap();
    let written: Vec<_> = written.lines().map(str::to_owned).collect();
    assert_pinned("golden/evidence.json", pinned, &written);
    let evidence: daybook_proof::evidence::Evidence = serde_json::from_str(pinned).unwrap();
    assert_eq!(evidence, case.alice());
    assert!(evidence.check(&case.keys.public()).is_ok());
    assert_eq!(evidence.subject, account("alice"));
}
