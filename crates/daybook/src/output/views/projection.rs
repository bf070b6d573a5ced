//! How far a projection is.

use daybook_proto::v1;
use serde::Serialize;

use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct ProjectionView {
    projection: String,
    generation: i64,
    checkpoint: i64,
    head: i64,
    lag_events: i64,
    lag_seconds: f64,
    state: &'static str,
    partitions: Vec<PartitionView>,
}

#[derive(Serialize)]
struct PartitionView {
    partition: i32,
    checkpoint: i64,
    last_position: i64,
    state: &'static str,
    error: String,
}

impl ProjectionView {
    /// The head stands once in the answer, not in each projection.
    pub(crate) fn new(status: v1::ProjectionStatus, head: i64) -> Self {
        let partitions: Vec<_> = status.partitions.into_iter().map(PartitionView::from).collect();
        let stopped = partitions.iter().any(|partition| partition.state == "stopped");
        Self {
            projection: status.projection,
            generation: status.generation,
            checkpoint: status.checkpoint,
            head,
            lag_events: status.lag_events,
            lag_seconds: status.lag_seconds,
            state: if stopped { "stopped" } else { "live" },
            partitions,
        }
    }

    /// The partitions that stopped, each with why, in words.
    pub(crate) fn stops(&self) -> impl Iterator<Item = String> {
        self.partitions.iter().filter(|partition| partition.state == "stopped").map(|partition| {
            format!(
                "{} stopped in partition {} after position {}: {}",
                self.projection,
                partition.partition,
                partition.checkpoint,
                escape(&partition.error)
            )
        })
    }
}

impl From<v1::PartitionStatus> for PartitionView {
    fn from(status: v1::PartitionStatus) -> Self {
        Self {
            state: match status.state() {
                v1::ProjectionState::Unspecified => "unknown",
                v1::ProjectionState::Live => "live",
                v1::ProjectionState::Stopped => "stopped",
            },
            partition: status.partition,
            checkpoint: status.checkpoint,
            last_position: status.last_position,
            error: status.error,
        }
    }
}

impl Row for ProjectionView {
    const COLUMNS: &'static [&'static str] = &[
        "projection",
        ">generation",
        ">checkpoint",
        ">head",
        ">lag events",
        ">lag seconds",
        "state",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.projection.clone(),
            self.generation.to_string(),
            self.checkpoint.to_string(),
            self.head.to_string(),
            self.lag_events.to_string(),
            format!("{:.3}", self.lag_seconds),
            self.state.to_owned(),
        ]
    }
}
