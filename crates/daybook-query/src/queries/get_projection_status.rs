//! How far each projection is. This one needs no view: it says what is stored, whatever state that is in.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::{Backlog, Head, LogReader};
use sqlx::PgPool;

use crate::consistency::{Checkpoints, PartitionCheckpoint, ReadModel, read_checkpoints};
use crate::error::{Kind, QueryError};

/// How far one projection is.
pub(crate) struct ProjectionRow {
    pub(crate) projection: String,
    pub(crate) generation: i32,
    /// One for each partition of the log, in order.
    pub(crate) partitions: Vec<PartitionCheckpoint>,
    pub(crate) backlog: Backlog,
}

/// How far each projection, or the one named, is; and where the log ends.
pub(crate) async fn get_projection_status(
    read_models: &PgPool,
    log: &LogReader,
    projection: Option<&str>,
) -> Result<(Head, Vec<ProjectionRow>), QueryError> {
    let named: Vec<&str> = projection.into_iter().collect();
    // Before the head: the head is then at or past every checkpoint, and no lag is ever below zero.
    let Checkpoints(models) = read_checkpoints(read_models, &named, None).await?;
    if let (Some(name), true) = (projection, models.is_empty()) {
        return Err(QueryError::NotFound { kind: Kind::Projection, id: name.to_owned() });
    }
    let head = log.head().await?;
    let mut rows = Vec::with_capacity(models.len());
    for (projection, model) in models {
        let partitions = every_partition(&model, head.partition_count());
        let applied: Vec<Position> = partitions.iter().map(|p| p.position).collect();
        let backlog = log.backlog(&applied).await?;
        rows.push(ProjectionRow { projection, generation: model.generation, partitions, backlog });
    }
    Ok((head, rows))
}

/// A partition that the projector has not begun is at zero.
fn every_partition(model: &ReadModel, partition_count: u16) -> Vec<PartitionCheckpoint> {
    (0..partition_count)
        .map(|partition| model.partitions.get(&Partition(partition)).cloned().unwrap_or_default())
        .collect()
}
