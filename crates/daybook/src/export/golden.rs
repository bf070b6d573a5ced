//! Exports, byte for byte: other programs read them, and `restore-events` has to read those of before.

use std::collections::HashMap;

use daybook_core::testing::assert_pinned;
use daybook_eventlog::inspect::{StoredCommand, StoredEvent};
use time::macros::datetime;
use uuid::Uuid;

use super::table::{Column, Row};
use super::writer::Format;
use super::{entries, events, parquet};

/// An event that moved money, and its command.
fn event() -> (StoredEvent, HashMap<String, StoredCommand>) {
    let data = r#"{"amount": {"minor_units":1250,"currency":"USD"},"balance":-99}"#.to_owned();
    let metadata = concat!(
        r#"{"actor":"=tom","correlation_id":"order-77","command_id":"c-1","#,
        r#""reason":{"plain":"rent, \"May\""}}"#
    );
    let event = StoredEvent {
        position: 7,
        prev_position: 3,
        partition: 11,
        stream_id: "account-alice".to_owned(),
        stream_type: "account".to_owned(),
        version: 2,
        event_type: "money-withdrawn".to_owned(),
        schema_version: 1,
        event_id: Uuid::from_u128(0x0193_4f2e_7c00_7abc_8def_0123_4567_89ab),
        data,
        metadata: metadata.to_owned(),
        recorded_at: datetime!(2026-11-23 10:00:00.123456 UTC),
    };
    let command = StoredCommand {
        command_id: "c-1".to_owned(),
        first_position: 7,
        event_count: 1,
        content_hash: (0..32).collect(),
        first_event_command_id: None,
    };
    (event, HashMap::from([("c-1".to_owned(), command)]))
}

fn written(format: Format, columns: &'static [Column], row: Row) -> Vec<String> {
    let mut out = Vec::new();
    let mut writer = format.writer(columns, &mut out).unwrap();
    writer.write(row).unwrap();
    writer.finish().unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn exports_are_written_as_they_ever_were() {
    let (event, commands) = event();
    let entry = entries::rows(std::slice::from_ref(&event), None).await.unwrap().remove(0);
    let without_command = events::row(event.clone(), &HashMap::new());
    let row = events::row(event, &commands);
    let mut lines = written(Format::Jsonl, events::COLUMNS, without_command);
    for format in [Format::Jsonl, Format::Csv] {
        lines.extend(written(format, events::COLUMNS, row.clone()));
        lines.extend(written(format, entries::COLUMNS, entry.clone()));
    }
    lines.extend([parquet::schema(events::COLUMNS), parquet::schema(entries::COLUMNS)]);
    assert_pinned("golden/exports.txt", include_str!("../../golden/exports.txt"), &lines);
}
