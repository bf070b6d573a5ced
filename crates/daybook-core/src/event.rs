//! Events: the payload that a domain defines, the [`NewEvent`] that is appended, the [`RecordedEvent`] that was.
//!
//! `data` and `metadata` are kept as the exact text that was appended, never parsed and written again, so that a hash
//! over them can be checked for ever.

mod payload;
mod stored;

pub use payload::event_payload;
pub use stored::StoredEvent;

use std::sync::Arc;

use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids::{Position, Version};
use crate::metadata::Metadata;
use crate::partition::Partition;
use crate::personal::Personal;
use crate::stream::StreamId;

/// Longest `data` or `metadata` of an event, in bytes of JSON text.
pub const PAYLOAD_BYTES_MAX: usize = 32 * 1024;

/// The payloads of a domain's events: how they are named, written and read.
pub trait EventPayload: Sized + Send + Sync + 'static {
    /// The stored types.
    const EVENT_TYPES: &'static [&'static str];

    /// The schema version that is written today for a stored type; `None` where it is none of these.
    #[must_use]
    fn schema_version_of(event_type: &str) -> Option<i32>;

    /// The stored type, a stable string that does not depend on any Rust name, such as `money-deposited`.
    fn event_type(&self) -> &'static str;

    /// The version of the payload's shape that [`EventPayload::encode`] writes.
    fn schema_version(&self) -> i32;

    /// The payload as JSON text.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
    fn encode(&self) -> Result<Box<RawValue>, serde_json::Error>;

    /// Reads a payload of any schema version ever written, raising older ones to the current shape; `None` where the type is
    /// none of these.
    ///
    /// # Errors
    /// When the type's version is unknown to this build, or the text does not fit it.
    fn decode_known(
        event_type: &str,
        schema_version: i32,
        data: &str,
    ) -> Option<Result<Self, DecodeError>>;

    /// The same, where another type is an error too.
    ///
    /// # Errors
    /// When the type or its version is unknown to this build, or the text does not fit it.
    fn decode(event_type: &str, schema_version: i32, data: &str) -> Result<Self, DecodeError> {
        let event = Self::decode_known(event_type, schema_version, data);
        event.unwrap_or_else(|| Err(DecodeError::UnknownType(event_type.to_owned())))
    }

    /// Shows every personal field, with its name as in the JSON text: to be sealed before it is stored, and opened by who
    /// may read it. An event type that forgets one of its fields here stores it as it was given.
    fn visit_personal(&mut self, visit: PersonalVisitor<'_>) {
        let _none = visit;
    }
}

/// What is done with each personal field.
pub type PersonalVisitor<'a> = &'a mut dyn FnMut(&'static str, &mut Personal);

/// Why a stored payload could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No such type in this build: the event was written by a newer one.
    #[error("event type `{0}` is unknown to this build")]
    UnknownType(String),
    /// The type is known, its schema version is not.
    #[error(
        "schema version {schema_version} of event type `{event_type}` is unknown to this build"
    )]
    UnknownSchemaVersion {
        /// The stored type.
        event_type: String,
        /// The stored schema version.
        schema_version: i32,
    },
    /// The text is not what the type and version say it is.
    #[error("payload of event type `{event_type}` is malformed")]
    Malformed {
        /// The stored type.
        event_type: String,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
}

/// An event that was decided and is about to be appended. The log gives it its position and time.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The stream it belongs to.
    pub stream_id: StreamId,
    /// Its number in that stream.
    pub version: Version,
    /// The stored type.
    pub event_type: &'static str,
    /// The version of the payload's shape.
    pub schema_version: i32,
    /// UUIDv7, unique in the log.
    pub event_id: Uuid,
    /// The payload as JSON text.
    pub data: Box<RawValue>,
    /// [`Metadata`] as JSON text; shared by all events of a command.
    pub metadata: Arc<RawValue>,
}

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// Its place in the whole log.
    pub position: Position,
    /// The place of the event before it in the same partition; zero for the first.
    pub prev_position: Position,
    /// The slice of the log that its stream belongs to.
    pub partition: Partition,
    /// The stream it belongs to.
    pub stream_id: StreamId,
    /// Its number in that stream.
    pub version: Version,
    /// The stored type.
    pub event_type: Arc<str>,
    /// The version of the payload's shape.
    pub schema_version: i32,
    /// UUIDv7, unique in the log.
    pub event_id: Uuid,
    /// The payload, the exact text that was appended.
    pub data: Box<RawValue>,
    /// The metadata, the exact text that was appended.
    pub metadata: Box<RawValue>,
    /// When it was committed, by the log's clock; never decreases with position. UTC, microseconds.
    pub recorded_at: OffsetDateTime,
}

impl RecordedEvent {
    /// The metadata, parsed.
    ///
    /// # Errors
    /// When the stored text is not metadata; it was then not written by Daybook.
    pub fn parse_metadata(&self) -> Result<Metadata, DecodeError> {
        serde_json::from_str(self.metadata.get()).map_err(|source| DecodeError::Malformed {
            event_type: format!("{} (metadata)", self.event_type),
            source,
        })
    }

    /// The payload, parsed as one of a domain's events.
    ///
    /// # Errors
    /// As [`EventPayload::decode`].
    pub fn decode<E: EventPayload>(&self) -> Result<E, DecodeError> {
        E::decode(&self.event_type, self.schema_version, self.data.get())
    }
}
