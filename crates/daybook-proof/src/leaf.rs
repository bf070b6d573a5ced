//! The leaf of an event: the bytes that are hashed into the tree. Integers are big-endian, signed ones in two's
//! complement; texts are UTF-8.
//!
//! | offset | bytes | what |
//! |-------:|------:|------|
//! |      0 |    16 | ASCII `daybook-event-v1` |
//! |     16 |     8 | position |
//! |     24 |     8 | prev_position: the event before it in the same partition, 0: none |
//! |     32 |     8 | version |
//! |     40 |     8 | recorded_at, in microseconds since 1970-01-01T00:00:00Z |
//! |     48 |    16 | event_id, as in RFC 9562 |
//! |     64 |     4 | schema_version |
//! |     68 |     2 | partition |
//! |     70 |    32 | SHA-256 of the exact text of data |
//! |    102 |    32 | SHA-256 of the exact text of metadata |
//! |    134 | 4 + n | stream_id: its length in bytes, then the text |
//! |        | 4 + n | stream_type, likewise |
//! |        | 4 + n | event_type, likewise |
//!
//! Every column of the row is covered, and no two rows have the same leaf. Data and metadata stand in it as their hashes,
//! for two reasons: a leaf must fit the 65,535 bytes that C2SP tlog-tiles gives it, which the largest event does not; and
//! leaves can be published while the texts are shown only to those who may see them.

use daybook_core::event::StoredEvent;
use uuid::Uuid;

use crate::hash::{Hash, sha256};

/// What a leaf begins with; another layout begins with another.
pub const TAG: &[u8; 16] = b"daybook-event-v1";

/// The leaf of an event.
#[must_use]
pub fn encode(event: &StoredEvent) -> Vec<u8> {
    let texts = [&event.stream_id, &event.stream_type, &event.event_type];
    let mut leaf = Vec::with_capacity(146 + texts.iter().map(|text| text.len()).sum::<usize>());
    leaf.extend_from_slice(TAG);
    leaf.extend_from_slice(&event.position.to_be_bytes());
    leaf.extend_from_slice(&event.prev_position.to_be_bytes());
    leaf.extend_from_slice(&event.version.to_be_bytes());
    leaf.extend_from_slice(&event.recorded_at_micros.to_be_bytes());
    leaf.extend_from_slice(event.event_id.as_bytes());
    leaf.extend_from_slice(&event.schema_version.to_be_bytes());
    leaf.extend_from_slice(&event.partition.to_be_bytes());
    leaf.extend_from_slice(&sha256(&[event.data.as_bytes()]).0);
    leaf.extend_from_slice(&sha256(&[event.metadata.as_bytes()]).0);
    for text in texts {
        // PostgreSQL keeps no text of more than 1 GiB.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        leaf.extend_from_slice(&length.to_be_bytes());
        leaf.extend_from_slice(text.as_bytes());
    }
    leaf
}

/// The hash of an event's leaf.
#[must_use]
pub fn hash(event: &StoredEvent) -> Hash {
    Hash::of_leaf(&encode(event))
}

/// The event that a leaf was made of, given the texts that it has only the hashes of. `None`: it is no leaf, or of other
/// texts.
#[must_use]
pub fn decode(leaf: &[u8], data: &str, metadata: &str) -> Option<StoredEvent> {
    let mut rest = leaf.strip_prefix(TAG)?;
    let event = StoredEvent {
        position: i64::from_be_bytes(take(&mut rest)?),
        prev_position: i64::from_be_bytes(take(&mut rest)?),
        version: i64::from_be_bytes(take(&mut rest)?),
        recorded_at_micros: i64::from_be_bytes(take(&mut rest)?),
        event_id: Uuid::from_bytes(take(&mut rest)?),
        schema_version: i32::from_be_bytes(take(&mut rest)?),
        partition: i16::from_be_bytes(take(&mut rest)?),
        data: with_hash(data, take(&mut rest)?)?,
        metadata: with_hash(metadata, take(&mut rest)?)?,
        stream_id: take_text(&mut rest)?,
        stream_type: take_text(&mut rest)?,
        event_type: take_text(&mut rest)?,
    };
    rest.is_empty().then_some(event)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(u32::from_be_bytes(take(rest)?)).ok()?;
    let (text, left) = rest.split_at_checked(length)?;
    *rest = left;
    String::from_utf8(text.to_vec()).ok()
}

fn with_hash(text: &str, hash: [u8; 32]) -> Option<String> {
    (sha256(&[text.as_bytes()]).0 == hash).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> StoredEvent {
        StoredEvent {
            position: 7,
            prev_position: 3,
            version: 2,
            recorded_at_micros: 1_764_072_251_123_457,
            event_id: Uuid::from_u128(0x0193_4f2e_7c00_7abc_8def_0123_4567_89ab),
            schema_version: 1,
            partition: 11,
            stream_id: "account-é".to_owned(),
            stream_type: "account".to_owned(),
            event_type: "money-deposited".to_owned(),
            data: r#"{"amount": 1.10}"#.to_owned(),
            metadata: r#"{"actor":"tom"}"#.to_owned(),
        }
    }

    #[test]
    fn the_layout_is_the_documented_one_to_the_byte() {
        let leaf = encode(&event());
        let expected = [
            &b"daybook-event-v1"[..],
            &[0, 0, 0, 0, 0, 0, 0, 7],
            &[0, 0, 0, 0, 0, 0, 0, 3],
            &[0, 0, 0, 0, 0, 0, 0, 2],
            &1_764_072_251_123_457_i64.to_be_bytes(),
            &[
                0x01, 0x93, 0x4f, 0x2e, 0x7c, 0, 0x7a, 0xbc, 0x8d, 0xef, 1, 0x23, 0x45, 0x67, 0x89,
                0xab,
            ],
            &[0, 0, 0, 1],
            &[0, 11],
            &sha256(&[br#"{"amount": 1.10}"#]).0,
            &sha256(&[br#"{"actor":"tom"}"#]).0,
            &[0, 0, 0, 10],
            "account-é".as_bytes(),
            &[0, 0, 0, 7],
            b"account",
            &[0, 0, 0, 15],
            b"money-deposited",
        ]
        .concat();
        assert_eq!(leaf, expected);
    }

    #[test]
    fn a_leaf_gives_its_event_back_with_the_right_texts_only() {
        let event = event();
        let leaf = encode(&event);
        assert_eq!(decode(&leaf, &event.data, &event.metadata), Some(event.clone()));
        assert_eq!(decode(&leaf, r#"{"amount":1.10}"#, &event.metadata), None);
        assert_eq!(decode(&leaf[..leaf.len() - 1], &event.data, &event.metadata), None);
        assert_eq!(decode(&[&leaf[..], &[0]].concat(), &event.data, &event.metadata), None);
    }

    #[test]
    fn a_change_of_any_column_changes_the_leaf() {
        let before = hash(&event());
        let changes: [fn(&mut StoredEvent); 12] = [
            |e| e.position += 1,
            |e| e.prev_position += 1,
            |e| e.version += 1,
            |e| e.recorded_at_micros += 1,
            |e| e.event_id = Uuid::nil(),
            |e| e.schema_version += 1,
            |e| e.partition += 1,
            |e| e.stream_id.push('x'),
            |e| e.stream_type.push('x'),
            |e| e.event_type.push('x'),
            |e| e.data.push(' '),
            |e| e.metadata.push(' '),
        ];
        for change in changes {
            let mut event = event();
            change(&mut event);
            assert_ne!(hash(&event), before, "{event:?}");
        }
        // Nor can a letter wander from one text into the next.
        let mut shifted = event();
        shifted.stream_type.insert(0, shifted.stream_id.pop().unwrap());
        assert_ne!(hash(&shifted), before);
    }
}
