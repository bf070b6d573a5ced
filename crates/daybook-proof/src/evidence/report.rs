//! The report in an evidence file: the same lines for the same events, for ever.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{ProvenEvent, Subject};
use crate::checkpoint::Checkpoint;

/// Stands for a personal text that is encrypted; the event itself holds it.
const SEALED: &str = "[sealed]";

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
        let plain = reason.get("plain").and_then(Value::as_str);
        line.push_str("  because: ");
        line.push_str(&match plain {
            Some(text) => text.to_owned(),
            None if is_sealed(reason) => SEALED.to_owned(),
            None => reason.to_string(),
        });
    }
    [line, format!("    {}", data(&event.data))]
}

/// The payload as it stands. One with encrypted texts is written without them, its fields in the order of their names.
fn data(text: &str) -> String {
    let fields: Result<BTreeMap<String, &RawValue>, _> = serde_json::from_str(text);
    let Ok(fields) = fields else { return text.to_owned() };
    let sealed = |value: &RawValue| serde_json::from_str(value.get()).is_ok_and(|v| is_sealed(&v));
    if !fields.values().any(|value| sealed(value)) {
        return text.to_owned();
    }
    let fields = fields.iter().map(|(name, value)| {
        let name = Value::from(name.as_str());
        if sealed(value) { format!("{name}:{SEALED}") } else { format!("{name}:{value}") }
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// `{"sealed": …}` and nothing else.
fn is_sealed(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key("sealed"))
}

fn time(micros: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .ok()
        .and_then(|time| time.format(TIME).ok())
        .unwrap_or_else(|| format!("{micros} microseconds"))
}

#[cfg(test)]
mod tests {
    use super::data;

    #[test]
    fn a_payload_is_shown_to_the_letter_but_for_what_is_encrypted() {
        for exact in [r#"{"b": 1,  "a": 1e2}"#, r#"{"owner":{"plain":"Ann"}}"#, "[1]", "?"] {
            assert_eq!(data(exact), exact);
        }
        let sealed =
            r#"{"owner":{"sealed":{"subject":"a","text":"YQ=="}},"limit": 1e2,"currency":"USD"}"#;
        assert_eq!(data(sealed), r#"{"currency":"USD","limit":1e2,"owner":[sealed]}"#);
    }
}
