//! An event on its way: one CloudEvent 1.0.2 in the structured JSON format, the same on lists and channels.
//!
//! `data` is the payload, the exact text of the log. Numbers of 64 bits are strings, because a CloudEvents integer has
//! 32; the metadata is a string as well (its exact JSON text), because an extension attribute cannot be an object.
//! There is no Redis binding of CloudEvents: one list value or published message is one event.

use std::borrow::Cow;

use daybook_core::event::RecordedEvent;
use daybook_core::ids::{Position, Version};
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";
const SOURCE_PREFIX: &str = "urn:uuid:";

/// Which log an event belongs to, and which of its histories: a message from another one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Made with the log.
    pub log_id: Uuid,
    /// PostgreSQL's timeline: another one after a failover or a restore.
    pub timeline: u32,
}

/// An event and where it comes from.
#[derive(Debug, Clone)]
pub struct Message {
    /// The log that it says it belongs to.
    pub origin: Origin,
    /// The event, as it stands in that log.
    pub event: RecordedEvent,
}

/// Why a text is not a message. It is dropped then; the log has the event.
#[derive(Debug, thiserror::Error)]
pub enum MalformedMessage {
    /// Not JSON, or not with the attributes of a message.
    #[error("not a message: {0}")]
    Json(#[from] serde_json::Error),
    /// An attribute holds what it cannot hold.
    #[error("attribute `{0}` is malformed")]
    Attribute(&'static str),
}

/// The attributes by their CloudEvents names, which are lower case and at most 20 characters.
#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    id: Uuid,
    /// `urn:uuid:<log id>`.
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
    /// The stream's id.
    #[serde(borrow)]
    subject: Cow<'a, str>,
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    timeline: u32,
    #[serde(with = "decimal")]
    position: i64,
    #[serde(with = "decimal")]
    prevposition: i64,
    partition: u16,
    #[serde(with = "decimal")]
    streamversion: i64,
    schemaversion: i32,
    #[serde(borrow)]
    metadata: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The message for an event of the log `origin`, as JSON text.
#[must_use]
pub fn encode(origin: Origin, event: &RecordedEvent) -> String {
    let envelope = Envelope {
        specversion: Cow::Borrowed(SPEC_VERSION),
        id: event.event_id,
        source: Cow::Owned(format!("{SOURCE_PREFIX}{}", origin.log_id)),
        event_type: Cow::Borrowed(&event.event_type),
        subject: Cow::Borrowed(event.stream_id.as_str()),
        time: event.recorded_at,
        datacontenttype: Cow::Borrowed(CONTENT_TYPE),
        timeline: origin.timeline,
        position: event.position.get(),
        prevposition: event.prev_position.get(),
        partition: event.partition.0,
        streamversion: event.version.get(),
        schemaversion: event.schema_version,
        metadata: Cow::Borrowed(event.metadata.get()),
        data: &event.data,
    };
    serde_json::to_string(&envelope).expect(
        "strings, numbers and checked JSON text can be written, as can a time of PostgreSQL",
    )
}

/// Reads a message.
///
/// # Errors
/// When the bytes are not one.
pub fn decode(bytes: &[u8]) -> Result<Message, MalformedMessage> {
    let envelope: Envelope<'_> = serde_json::from_slice(bytes)?;
    let malformed = MalformedMessage::Attribute;
    if envelope.specversion != SPEC_VERSION {
        return Err(malformed("specversion"));
    }
    let log_id = envelope
        .source
        .strip_prefix(SOURCE_PREFIX)
        .and_then(|id| id.parse().ok())
        .ok_or(malformed("source"))?;
    let event = RecordedEvent {
        position: Position::new(envelope.position).map_err(|_| malformed("position"))?,
        prev_position: Position::new(envelope.prevposition)
            .map_err(|_| malformed("prevposition"))?,
        partition: Partition(envelope.partition),
        stream_id: StreamId::parse(&envelope.subject).map_err(|_| malformed("subject"))?,
        version: Version::new(envelope.streamversion).map_err(|_| malformed("streamversion"))?,
        event_type: envelope.event_type.into(),
        schema_version: envelope.schemaversion,
        event_id: envelope.id,
        data: envelope.data.to_owned(),
        metadata: RawValue::from_string(envelope.metadata.into_owned())
            .map_err(|_| malformed("metadata"))?,
        recorded_at: envelope.time,
    };
    Ok(Message { origin: Origin { log_id, timeline: envelope.timeline }, event })
}

/// 64-bit numbers as strings.
mod decimal {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` passes references")]
    pub(super) fn serialize<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::Value;
    use time::macros::datetime;

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
    fn a_message_gives_back_the_event_with_the_exact_texts() {
        let (before, text) = (event(), encode(ORIGIN, &event()));
        let Message { origin, event: after } = decode(text.as_bytes()).unwrap();
        assert_eq!(origin, ORIGIN);
        assert_eq!(after.data.get(), before.data.get());
        assert_eq!(after.metadata.get(), before.metadata.get());
        assert_eq!(format!("{after:?}"), format!("{before:?}"));
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

    #[test]
    fn what_is_not_a_message_is_refused_whatever_is_wrong_with_it() {
        let good = encode(ORIGIN, &event());
        for (from, to) in [
            (r#""specversion":"1.0""#, r#""specversion":"2.0""#),
            ("urn:uuid:", "urn:isbn:"),
            (r#""position":"9"#, r#""position":"-9"#),
            (r#""position":"9"#, r#""position":"x9"#),
            (r#""subject":"account-"#, r#""subject":"account "#),
            (r#""metadata":"{"#, r#""metadata":"["#),
            (r#""streamversion":"4","#, ""),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(good, bad, "{from}");
            assert!(decode(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(decode(b"").is_err());
        assert!(decode(&[0xff, 0xfe]).is_err());
        assert!(decode(&good.as_bytes()[..good.len() / 2]).is_err());
    }
}
