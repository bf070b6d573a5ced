//! An event exactly as its row has it: for what must not depend on how this build reads rows, such as hashes.

use uuid::Uuid;

/// An event, column by column, unparsed. A row that was tampered with is still one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the whole log.
    pub position: i64,
    /// The place of the event before it in the same partition; zero for the first.
    pub prev_position: i64,
    /// Its number in its stream.
    pub version: i64,
    /// When it was recorded, in microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at_micros: i64,
    /// UUIDv7, unique in the log.
    pub event_id: Uuid,
    /// The version of the payload's shape.
    pub schema_version: i32,
    /// The slice of the log that its stream belongs to.
    pub partition: i16,
    /// The stream it belongs to.
    pub stream_id: String,
    /// The aggregate type.
    pub stream_type: String,
    /// The stored type.
    pub event_type: String,
    /// The payload, the exact text that was appended.
    pub data: String,
    /// The metadata, the exact text that was appended.
    pub metadata: String,
}
