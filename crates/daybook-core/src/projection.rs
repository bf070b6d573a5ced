//! Projections as their operators speak to them: which event one of them may leave out, and when it is to try
//! again.
//!
//! What a read model holds depends on these events too, so they stand in the log like everything else, on the stream
//! `projection-<name>`, with who and why in their metadata; every generation and every check reads them.

mod command;
mod decide;
mod error;
pub mod event;
mod state;

pub use command::ProjectionCommand;
pub(crate) use decide::decide;
pub use error::ProjectionError;
pub use event::ProjectionEvent;
pub use state::{PROJECTION_SKIPS_MAX, ProjectionRecord};

use serde::{Deserialize, Serialize};

use crate::ids::{Position, aggregate_id};
use crate::partition::Partition;

/// What stands before the `-` in the id of a projection's stream.
pub const STREAM_TYPE: &str = "projection";

aggregate_id! {
    /// A projection's name, such as `account_entries`: 1 to 100 of `A–Z a–z 0–9 . _ : -`.
    ProjectionName in STREAM_TYPE
}

/// One event of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventPlace {
    /// The event's partition.
    pub partition: Partition,
    /// The event's position.
    pub position: Position,
}
