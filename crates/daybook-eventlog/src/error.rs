//! Why the log could not be read.

use daybook_core::event::DecodeError;
use daybook_core::ids::{InvalidId, Position, Version};
use daybook_core::stream::StreamId;

/// Why the log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The schema is there, the log is not: `daybook migrate` was not run to its end.
    #[error("there is no log in this database; run `daybook migrate`")]
    NoLog,
    /// A stored row is not what Daybook writes.
    #[error("the event at position {position} is corrupt")]
    Corrupt {
        /// Where.
        position: Position,
        /// What is wrong with it.
        #[source]
        source: InvalidId,
    },
    /// A stored payload cannot be read by this build.
    #[error("event {version} of stream `{stream_id}` cannot be read")]
    Undecodable {
        /// Which stream.
        stream_id: StreamId,
        /// Which event of it.
        version: Version,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// PostgreSQL is away, or refused.
    #[error("failed to read the log")]
    Database(#[from] sqlx::Error),
}
