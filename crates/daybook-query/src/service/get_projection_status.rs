//! GetProjectionStatus.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Head;
use daybook_proto::v1::{
    GetProjectionStatusRequest, GetProjectionStatusResponse, PartitionStatus, ProjectionRebuild,
    ProjectionState, ProjectionStatus, ProjectionStop, StopCause,
};

use super::Call;
use super::fields::optional;
use super::words::timestamp;
use crate::error::QueryError;
use crate::queries::get_projection_status::{
    PartitionRow, ProjectionRow, RebuildRow, StopRow, get_projection_status,
};

/// No projection has a longer name.
const NAME_BYTES_MAX: usize = 200;

/// A partition whose oldest event not applied is older is catching up. Long against the lag of one that is live, also
/// while its partitions pass from one instance to another.
const CATCHING_UP_SECONDS: f64 = 5.0;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetProjectionStatusRequest,
) -> Result<GetProjectionStatusResponse, QueryError> {
    let name = optional(&request.projection, || projection_name(&request.projection))?;

    let log = &call.log.reader;
    let log_id = call.log.log_id(&call.budget).await?;
    let database = &call.read_models.database;
    let question = get_projection_status(database.pool(), log, name);
    // It takes a connection of each of the two.
    let (head, rows) = database.ask(&call.budget, call.log.ask(&call.budget, question)).await?;

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
    let partitions: Vec<_> = (0..)
        .map(Partition)
        .zip(row.partitions)
        .map(|(number, partition_row)| {
            partition(number, partition_row, head, row.rebuild.is_some())
        })
        .collect();
    ProjectionStatus {
        projection: row.projection,
        generation: i64::from(row.generation),
        checkpoint: lowest.get(),
        lag_events: partitions.iter().map(|p| p.lag_events).fold(0, i64::saturating_add),
        lag_seconds: partitions.iter().map(|p| p.lag_seconds).fold(0.0, f64::max),
        state: worst(&partitions).into(),
        partitions,
        rebuild: row.rebuild.map(rebuild),
    }
}

fn rebuild(row: RebuildRow) -> ProjectionRebuild {
    ProjectionRebuild {
        generation: i64::from(row.generation),
        phase: row.phase,
        events_done: row.events_done,
        events_total: row.events_total,
    }
}

fn partition(
    number: Partition,
    row: PartitionRow,
    head: &Head,
    is_rebuilt: bool,
) -> PartitionStatus {
    PartitionStatus {
        partition: i32::from(number.0),
        checkpoint: row.position.get(),
        last_position: head.last_in(number).get(),
        state: state(&row, is_rebuilt).into(),
        stop: row.stop.map(stop),
        lag_events: row.backlog.events,
        lag_seconds: row.backlog.oldest_age_seconds,
        owner: row.owner.unwrap_or_default(),
    }
}

/// A stop comes first: queries feel it until the rebuild is done. A rebuild explains a lag, for both share the machine.
fn state(row: &PartitionRow, is_rebuilt: bool) -> ProjectionState {
    if row.stop.is_some() {
        ProjectionState::Stopped
    } else if is_rebuilt {
        ProjectionState::Rebuilding
    } else if row.backlog.oldest_age_seconds > CATCHING_UP_SECONDS {
        ProjectionState::CatchingUp
    } else {
        ProjectionState::Live
    }
}

/// What a projection is doing is what the worst of its partitions is doing.
fn worst(partitions: &[PartitionStatus]) -> ProjectionState {
    let any = |state| partitions.iter().any(|partition| partition.state() == state);
    [ProjectionState::Stopped, ProjectionState::Rebuilding, ProjectionState::CatchingUp]
        .into_iter()
        .find(|state| any(*state))
        .unwrap_or(ProjectionState::Live)
}

fn stop(row: StopRow) -> ProjectionStop {
    let cause = match row.cause.as_str() {
        "poison" => StopCause::Poison,
        "history" => StopCause::History,
        _ => StopCause::Unspecified,
    };
    ProjectionStop {
        cause: cause.into(),
        position: row.position.unwrap_or_default(),
        event_id: row.event_id.map(|id| id.to_string()).unwrap_or_default(),
        error: row.error,
        since: row.since.and_then(timestamp),
        attempts: row.attempts,
    }
}
