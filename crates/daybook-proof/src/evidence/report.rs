//! The report in an evidence file: the same lines for the same events, for ever.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{ProvenEvent, Subject};
use crate::checkpoint::Checkpoint;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

pub(super) fn lines(
    subject: &Subject,
    checkpoint: &Checkpoint,
    events: &[ProvenEvent],
) -> Vec<String> {
    let mut lines = vec![
        match subject {
            Subject::Account(id) => {
                format!("Evidence about account {id}: {} events.", events.len())
            }
            Subject::Transfer(id) => {
                format!("Evidence about transfer {id}: {} events.", events.len())
            }
            Subject::Range { from, to } => {
                format!("Evidence about the events from position {from} to {to}.")
            }
        },
        format!(
            "Each is proven to be in the log `{}` of {} events whose tree has the root {}.",
            checkpoint.origin, checkpoint.size, checkpoint.root
        ),
        "Whether there are later events on the same streams, this file cannot tell.".to_owned(),
        String::new(),
    ];
    for event in events {
        lines.extend(event_lines(event));
    }
    lines
}

fn event_lines(event: &ProvenEvent) -> [String; 2] {
    let metadata: Value = serde_json::from_str(&event.metadata).unwrap_or_default();
    let actor = metadata.get("actor").and_then(Value::as_str).unwrap_or_default();
    let mut line = format!(
        "{}  position {}  {} version {}  {}  by {}",
        time(event.recorded_at_micros),
        event.position,
        event.stream_id,
        event.version,
        event.event_type,
        actor,
    );
    if let Some(reason) = metadata.get("reason") {
        // A personal text: in the clear, or encrypted, which is shown as it stands.
        let plain = reason.get("plain").and_then(Value::as_str);
        line.push_str("  because: ");
        line.push_str(&plain.map_or_else(|| reason.to_string(), str::to_owned));
    }
    [line, format!("    {}", event.data)]
}

fn time(micros: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .ok()
        .and_then(|time| time.format(TIME).ok())
        .unwrap_or_else(|| format!("{micros} microseconds"))
}
