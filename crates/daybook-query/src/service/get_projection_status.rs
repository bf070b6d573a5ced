//! GetProjectionStatus.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Head;
use daybook_proto::v1::{
    GetProjectionStatusRequest, GetProjectionStatusResponse, PartitionStatus, ProjectionState,
    ProjectionStatus,
};

use super::Call;
use super::fields::optional;
use crate::consistency::PartitionCheckpoint;
use crate::error::QueryError;
use crate::queries::get_projection_status::{ProjectionRow, get_projection_status};

/// No projection has a longer name.
const NAME_BYTES_MAX: usize = 200;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetProjectionStatusRequest,
) -> Result<GetProjectionStatusResponse, QueryError> {
    let name = optional(&request.projection, || projection_name(&request.projection))?;

    let log = &call.log.reader;
    let log_id = call.log.log_id(&call.budget).await?;
    let question = get_projection_status(call.read_models.pool(), log, name);
    let (head, rows) = call.budget.bound(question).await?;

    Ok(GetProjectionStatusResponse {
        head: head.position.get(),
        projections: rows.into_iter().map(|row| projection(row, &head)).collect(),
        log_id: log_id.to_string(),
    })
}

fn projection_name(name: &str) -> Result<&str, QueryError> {
    if name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        return Err(QueryError::invalid("projection", "is not a name such as `accounts`"));
    }
    Ok(name)
}

fn projection(row: ProjectionRow, head: &Head) -> ProjectionStatus {
    let lowest = row.partitions.iter().map(|p| p.position).min().unwrap_or(Position::ZERO);
    ProjectionStatus {
        projection: row.projection,
        generation: i64::from(row.generation),
        checkpoint: lowest.get(),
        lag_events: row.backlog.events,
        lag_seconds: row.backlog.oldest_age_seconds,
        partitions: (0..)
            .map(Partition)
            .zip(row.partitions)
            .map(|(number, checkpoint)| partition(number, checkpoint, head))
            .collect(),
    }
}

fn partition(number: Partition, checkpoint: PartitionCheckpoint, head: &Head) -> PartitionStatus {
    let state = match checkpoint.stopped {
        Some(_) => ProjectionState::Stopped,
        None => ProjectionState::Live,
    };
    PartitionStatus {
        partition: i32::from(number.0),
        checkpoint: checkpoint.position.get(),
        last_position: head.last_in(number).get(),
        state: state.into(),
        error: checkpoint.stopped.map(|stopped| stopped.error).unwrap_or_default(),
    }
}
