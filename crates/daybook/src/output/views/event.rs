//! An event as it stands in the log.

use daybook_proto::v1;
use serde::Serialize;
use serde_json::Value;

use super::{amount_text, hidden_word, personal_cell, time_for_people, time_text};
use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct EventView {
    position: i64,
    stream_id: String,
    version: i64,
    event_type: String,
    schema_version: i32,
    event_id: String,
    recorded_at: String,
    actor: String,
    reason: String,
    reason_hidden: Option<&'static str>,
    correlation_id: String,
    causation_id: String,
    command_id: String,
    /// The payload as the service answers with it: the exact text that was appended, unless personal texts in it were opened
    /// or erased.
    data_json: String,
    /// The metadata, likewise.
    metadata_json: String,
}

impl From<v1::Event> for EventView {
    fn from(event: v1::Event) -> Self {
        Self {
            recorded_at: time_text(event.recorded_at.as_ref()),
            reason_hidden: hidden_word(event.reason_hidden()),
            position: event.position,
            stream_id: event.stream_id,
            version: event.version,
            event_type: event.event_type,
            schema_version: event.schema_version,
            event_id: event.event_id,
            actor: event.actor,
            reason: event.reason,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            command_id: event.command_id,
            data_json: event.data_json,
            metadata_json: event.metadata_json,
        }
    }
}

impl EventView {
    /// What is shown beside events of other streams.
    pub(super) fn cells_of_story(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            time_for_people(&self.recorded_at),
            escape(&self.stream_id),
            escape(&self.event_type),
            escape(&self.actor),
            personal_cell(&self.reason, self.reason_hidden),
            data_words(&self.data_json),
        ]
    }
}

impl Row for EventView {
    const COLUMNS: &'static [&'static str] =
        &[">version", ">position", "when (UTC)", "event", "who", "why", "data"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.version.to_string(),
            self.position.to_string(),
            time_for_people(&self.recorded_at),
            escape(&self.event_type),
            escape(&self.actor),
            personal_cell(&self.reason, self.reason_hidden),
            data_words(&self.data_json),
        ]
    }
}

/// Fields that hold minor units of the event's currency.
const MINOR_UNITS: [&str; 3] = ["balance", "held", "overdraft_limit"];

/// Fields that hold personal texts.
const PERSONAL: [&str; 2] = ["owner", "customer"];

/// A payload for the eye: `amount=500.00 USD, balance=500.00`. Whoever needs it exactly asks for `--json`.
fn data_words(json: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else { return escape(json) };
    let currency = fields
        .get("currency")
        .or_else(|| fields.get("amount")?.get("currency"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let words = fields.iter().map(|(name, value)| match value.as_i64() {
        Some(units) if MINOR_UNITS.contains(&name.as_str()) => {
            format!("{name}={}", amount_text(units, currency))
        }
        _ if PERSONAL.contains(&name.as_str()) => format!("{name}={}", personal_words(value)),
        _ => format!("{name}={}", value_words(value)),
    });
    escape(&words.collect::<Vec<_>>().join(", "))
}

/// Personal data is wrapped in how it is kept.
fn personal_words(value: &Value) -> String {
    match value.get("plain").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None if value.get("sealed").is_some() => "[sealed]".to_owned(),
        None if value == "erased" => "[erased]".to_owned(),
        None => value_words(value),
    }
}

fn value_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => match (fields.get("minor_units"), fields.get("currency")) {
            (Some(Value::Number(minor_units)), Some(Value::String(currency))) => {
                let amount = minor_units.as_i64().map(|units| amount_text(units, currency));
                format!("{} {currency}", amount.unwrap_or_else(|| minor_units.to_string()))
            }
            _ => fields.values().map(value_words).collect::<Vec<_>>().join(" "),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_shown_in_words() {
        let data = r#"{"amount":{"minor_units":5000,"currency":"USD"},"balance":125,
            "customer":{"plain":"C\u001b"}}"#;
        assert_eq!(data_words(data), "amount=50.00 USD, balance=1.25, customer=C\\u{1b}");
        let opened = r#"{"currency":"JPY","overdraft_limit":5,"owner":{"plain":"Ann"}}"#;
        assert_eq!(data_words(opened), "currency=JPY, overdraft_limit=5, owner=Ann");
    }

    #[test]
    fn of_a_personal_text_that_is_hidden_is_said_why() {
        let sealed = r#"{"owner":{"sealed":{"subject":"ann","text":"c2VjcmV0"}}}"#;
        assert_eq!(data_words(sealed), "owner=[sealed]");
        assert_eq!(data_words(r#"{"owner":"erased"}"#), "owner=[erased]");
        // Who calls themselves so was not erased.
        assert_eq!(data_words(r#"{"customer":{"plain":"erased"}}"#), "customer=erased");
    }
}
