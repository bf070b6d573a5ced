//! What a projection can be told.

use serde::Serialize;

use super::{EventPlace, ProjectionName};

/// A command to one projection.
///
/// Its JSON is hashed, and never changes: see [`Domain::Command`](crate::domain::Domain::Command).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ProjectionCommand {
    /// Permits to leave out one event, now and in every generation to come, where it cannot be applied. It cannot be taken
    /// back.
    #[serde(rename = "SkipEvent")]
    SkipEvent {
        /// Which projection.
        projection: ProjectionName,
        /// The event that it cannot apply.
        event: EventPlace,
    },
    /// Tries the event again at which a partition stands: its cause was mended.
    #[serde(rename = "RetryEvent")]
    RetryEvent {
        /// Which projection.
        projection: ProjectionName,
        /// The event at which it stands.
        event: EventPlace,
    },
}

impl ProjectionCommand {
    /// The projection that it is for.
    #[must_use]
    pub fn projection(&self) -> &ProjectionName {
        match self {
            Self::SkipEvent { projection, .. } | Self::RetryEvent { projection, .. } => projection,
        }
    }
}
