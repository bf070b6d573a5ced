//! What a projection may be told. Whether it stands at the event is not known here: the command side never looks at a
//! read model, and a skip holds for generations that do not exist yet.

use super::event::{ProjectionEventSkipped, ProjectionRetryRequested};
use super::{
    EventPlace, PROJECTION_SKIPS_MAX, ProjectionCommand, ProjectionError, ProjectionEvent,
    ProjectionName, ProjectionRecord,
};
use crate::ids::Position;
use crate::partition::PARTITION_COUNT_MAX;

/// What a command to a projection records, given what has been decided about it before.
///
/// # Errors
/// When a rule refuses the command; the error says which.
pub(crate) fn decide(
    command: &ProjectionCommand,
    record: Option<&ProjectionRecord>,
) -> Result<ProjectionEvent, ProjectionError> {
    match command {
        ProjectionCommand::SkipEvent { projection, event } => {
            check_place(projection, *event)?;
            skip(projection, *event, record).map(ProjectionEvent::from)
        }
        ProjectionCommand::RetryEvent { projection, event } => {
            check_place(projection, *event)?;
            Ok(ProjectionRetryRequested { event: *event }.into())
        }
    }
}

fn skip(
    projection: &ProjectionName,
    event: EventPlace,
    record: Option<&ProjectionRecord>,
) -> Result<ProjectionEventSkipped, ProjectionError> {
    let projection = || projection.clone();
    if let Some(record) = record {
        if record.skipped.contains(&event) {
            return Err(ProjectionError::SkippedAlready { projection: projection(), event });
        }
        if record.skipped.len() >= PROJECTION_SKIPS_MAX {
            return Err(ProjectionError::TooManySkips { projection: projection() });
        }
    }
    Ok(ProjectionEventSkipped { event })
}

fn check_place(projection: &ProjectionName, event: EventPlace) -> Result<(), ProjectionError> {
    let projection = || projection.clone();
    if event.position == Position::ZERO {
        return Err(ProjectionError::NoSuchPosition { projection: projection() });
    }
    if event.partition.0 >= PARTITION_COUNT_MAX {
        let partition = event.partition;
        return Err(ProjectionError::NoSuchPartition { projection: projection(), partition });
    }
    Ok(())
}
