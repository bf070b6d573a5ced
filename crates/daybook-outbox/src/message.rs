//! An event as subscribers get it: one CloudEvent 1.0.2 in the structured JSON format.
//!
//! It is a hint. Anybody who may publish to Redis can publish one, and a subscriber has no means to tell; the log has the
//! event, and the query service answers from it.
//!
//! `data` is the payload, the exact text of the log. Numbers of 64 bits are strings, because a CloudEvents integer has
//! 32; the metadata is a string as well (its exact JSON text), because an extension attribute cannot be an object.
//! There is no Redis binding of CloudEvents: one published message is one event.

use daybook_core::event::RecordedEvent;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";
const SOURCE_PREFIX: &str = "urn:uuid:";

/// Which log an event belongs to, and which of its histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Made with the log.
    pub log_id: Uuid,
    /// PostgreSQL's timeline: another one after a failover or a restore.
    pub timeline: u32,
}

/// The attributes by their CloudEvents names, which are lower case and at most 20 characters.
#[derive(Serialize)]
struct Envelope<'a> {
    specversion: &'a str,
    id: Uuid,
    /// `urn:uuid:<log id>`.
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    /// The stream's id.
    subject: &'a str,
    #[serde(serialize_with = "time::serde::rfc3339::serialize")]
    time: OffsetDateTime,
    datacontenttype: &'a str,
    timeline: u32,
    #[serde(serialize_with = "decimal")]
    position: i64,
    #[serde(serialize_with = "decimal")]
    prevposition: i64,
    partition: u16,
    #[serde(serialize_with = "decimal")]
    streamversion: i64,
    schemaversion: i32,
    metadata: &'a str,
    data: &'a RawValue,
}

/// The message for an event of the log `origin`, as JSON text.
#[must_use]
pub fn encode(origin: Origin, event: &RecordedEvent) -> String {
    let envelope = Envelope {
        specversion: SPEC_VERSION,
        id: event.event_id,
        source: &format!("{SOURCE_PREFIX}{}", origin.log_id),
        event_type: &event.event_type,
        subject: event.stream_id.as_str(),
        time: event.recorded_at,
        datacontenttype: CONTENT_TYPE,
        timeline: origin.timeline,
        position: event.position.get(),
        prevposition: event.prev_position.get(),
        partition: event.partition.0,
        streamversion: event.version.get(),
        schemaversion: event.schema_version,
        metadata: event.metadata.get(),
        data: &event.data,
    };
    serde_json::to_string(&envelope).expect(
        "strings, numbers and checked JSON text can be written, as can a time of PostgreSQL",
    )
}

/// 64-bit numbers as strings.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn decimal<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[cfg(test)]
pub(crate) mod tests {
    use daybook_core::ids::{Position, Version};
    use daybook_core::partition::Partition;
    use daybook_core::stream::StreamId;
    use serde_json::Value;
    use time::macros::datetime;

    use super::*;

    pub(crate) const ORIGIN: Origin = Origin { log_id: Uuid::from_u128(7), timeline: 3 };

    pub(crate) fn event() -> RecordedEvent {
        RecordedEvent {
            position: Position::new(9_007_199_254_740_993).unwrap(),
            prev_position: Position::new(12).unwrap(),
            partition: Partition(5),
            stream_id: StreamId::parse("account-Zoë \"x\"").unwrap(),
            version: Version::new(4).unwrap(),
            event_type: "money-deposited".into(),
            schema_version: 2,
            event_id: Uuid::from_u128(99),
            // What a parser would not give back: white space, key order, 1.10, a key twice.
            data: RawValue::from_string(
                r#"{"b": 1.10,"a":18446744073709551616,"a":"\u00e9\n"}"#.into(),
            )
            .unwrap(),
            metadata: RawValue::from_string(r#"{ "actor":"an\"n","n":1e2 }"#.into()).unwrap(),
            recorded_at: datetime!(2026-11-23 10:00:00.123456 UTC),
        }
    }

    #[test]
    fn a_message_has_the_exact_texts_of_the_event() {
        let (event, text) = (event(), encode(ORIGIN, &event()));
        assert!(text.ends_with(&format!(r#","data":{}}}"#, event.data.get())), "{text}");
        let message: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(message["metadata"], event.metadata.get());
    }

    #[test]
    fn a_message_is_a_cloud_event() {
        let message: Value = serde_json::from_str(&encode(ORIGIN, &event())).unwrap();
        assert_eq!(message["specversion"], "1.0");
        assert_eq!(message["id"], Uuid::from_u128(99).to_string());
        assert_eq!(message["source"], format!("urn:uuid:{}", Uuid::from_u128(7)));
        assert_eq!(message["type"], "money-deposited");
        assert_eq!(message["subject"], "account-Zoë \"x\"");
        assert_eq!(message["time"], "2026-11-23T10:00:00.123456Z");
        assert_eq!(message["position"], "9007199254740993");
        let name = |name: &String| {
            name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        assert!(message.as_object().unwrap().keys().all(name));
    }
}
