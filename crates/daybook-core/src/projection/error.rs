//! Why a projection refuses: one variant a rule.

use super::{EventPlace, PROJECTION_SKIPS_MAX, ProjectionName};
use crate::domain::{Rejection, RejectionKind};
use crate::partition::{PARTITION_COUNT_MAX, Partition};

/// A broken rule of what a projection may be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// No event has position 0.
    #[error("projection `{projection}`: position is 0, the first event has 1")]
    NoSuchPosition {
        /// Which projection.
        projection: ProjectionName,
    },
    /// No log has so many partitions.
    #[error(
        "projection `{projection}`: partition is {partition}, must be below {PARTITION_COUNT_MAX}"
    )]
    NoSuchPartition {
        /// Which projection.
        projection: ProjectionName,
        /// What was given.
        partition: Partition,
    },
    /// The event may be left out already.
    #[error(
        "projection `{projection}` may leave out the event at position {} in partition {} already",
        event.position, event.partition
    )]
    SkippedAlready {
        /// Which projection.
        projection: ProjectionName,
        /// Which event.
        event: EventPlace,
    },
    /// As many as it may leave out.
    #[error(
        "projection `{projection}` may leave out {PROJECTION_SKIPS_MAX} events, which is the most allowed"
    )]
    TooManySkips {
        /// Which projection.
        projection: ProjectionName,
    },
}

impl ProjectionError {
    /// The projection that refuses.
    #[must_use]
    pub fn projection(&self) -> &ProjectionName {
        match self {
            Self::NoSuchPosition { projection }
            | Self::NoSuchPartition { projection, .. }
            | Self::SkippedAlready { projection, .. }
            | Self::TooManySkips { projection } => projection,
        }
    }
}

impl Rejection for ProjectionError {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::NoSuchPosition { .. } => RejectionKind::Invalid { field: "position" },
            Self::NoSuchPartition { .. } => RejectionKind::Invalid { field: "partition" },
            Self::SkippedAlready { .. } => RejectionKind::AlreadyExists,
            Self::TooManySkips { .. } => RejectionKind::RuleBroken,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NoSuchPosition { .. } => "NO_SUCH_POSITION",
            Self::NoSuchPartition { .. } => "NO_SUCH_PARTITION",
            Self::SkippedAlready { .. } => "SKIPPED_ALREADY",
            Self::TooManySkips { .. } => "TOO_MANY_SKIPS",
        }
    }

    fn subject(&self) -> String {
        self.projection().stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoSuchPartition { partition, .. } => {
                vec![("partition", partition.to_string())]
            }
            Self::SkippedAlready { event, .. } => vec![
                ("partition", event.partition.to_string()),
                ("position", event.position.to_string()),
            ],
            Self::NoSuchPosition { .. } | Self::TooManySkips { .. } => Vec::new(),
        }
    }
}
