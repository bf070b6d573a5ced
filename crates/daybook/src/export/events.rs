//! Events as rows: every column of the log, the exact texts, and of each event's command what a restore needs so that a retry
//! still finds its receipt.

use std::collections::HashMap;

use daybook_core::metadata::Metadata;
use daybook_eventlog::inspect::{StoredCommand, StoredEvent};

use super::table::{Cell, Column, Kind, Row, column};

/// The columns, by the names that `restore-events` reads.
pub(crate) const COLUMNS: &[Column] = &[
    column("position", Kind::Number),
    column("prev_position", Kind::Number),
    column("partition", Kind::Number),
    column("stream_id", Kind::Text),
    column("version", Kind::Number),
    column("stream_type", Kind::Text),
    column("event_type", Kind::Text),
    column("schema_version", Kind::Number),
    column("event_id", Kind::Text),
    column("recorded_at", Kind::Time),
    column("data", Kind::Json),
    column("metadata", Kind::Json),
    column("command_first_position", Kind::Number),
    column("command_event_count", Kind::Number),
    column("command_content_hash", Kind::Text),
];

/// The id of an event's command, where its metadata can be read.
pub(crate) fn command_id(event: &StoredEvent) -> Option<String> {
    let metadata: Option<Metadata> = serde_json::from_str(&event.metadata).ok();
    metadata.map(|metadata| metadata.command_id.to_string())
}

/// An event as a row.
pub(crate) fn row(event: StoredEvent, commands: &HashMap<String, StoredCommand>) -> Row {
    let command = command_id(&event).and_then(|id| commands.get(&id));
    vec![
        Cell::Number(event.position),
        Cell::Number(event.prev_position),
        Cell::Number(event.partition.into()),
        Cell::Text(event.stream_id),
        Cell::Number(event.version),
        Cell::Text(event.stream_type),
        Cell::Text(event.event_type),
        Cell::Number(event.schema_version.into()),
        Cell::Text(event.event_id.to_string()),
        Cell::Time(event.recorded_at),
        Cell::Text(event.data),
        Cell::Text(event.metadata),
        command.map_or(Cell::Empty, |command| Cell::Number(command.first_position)),
        command.map_or(Cell::Empty, |command| Cell::Number(command.event_count.into())),
        Cell::optional(command.map(|command| hex(&command.content_hash))),
    ]
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`hex`] writes.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    // `from_str_radix` takes a sign as well.
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_comes_back() {
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        for bad in ["0", "0g", "+f", "00 "] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
        assert_eq!((unhex("0"), unhex("zz")), (None, None));
    }
}
