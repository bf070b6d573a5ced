//! Requests of operators that speak of one event of a projection. Each must say why: the answer to "why does this row lack
//! that event?" stands in the log. And the event must be there: what was skipped by mistake would wait for an event to come.

use daybook_core::projection::{EventPlace, ProjectionCommand};
use daybook_core::read_model::ReadModel;
use daybook_core::system::SystemCommand;
use daybook_eventlog::{LogReader, ReadError};
use daybook_proto::v1 as proto;
use daybook_runtime::status::{self, invalid_argument};
use daybook_runtime::trouble::Trouble;
use tonic::{Code, Status};

use super::CommandRequest;
use super::fields::{event_place, projection};
use super::refusal;

/// Refuses a command that speaks of a projection that there is none of, or of an event that the log does not hold.
pub(super) async fn check_event(
    log: &LogReader,
    read_models: &[ReadModel],
    command: &SystemCommand,
) -> Result<(), Status> {
    let SystemCommand::Projection(
        ProjectionCommand::SkipEvent { projection, event }
        | ProjectionCommand::RetryEvent { projection, event },
    ) = command
    else {
        return Ok(());
    };
    let name = projection.as_str();
    if !read_models.iter().any(|model| model.name == name) {
        let names = read_models.iter().map(|model| model.name).collect::<Vec<_>>().join(", ");
        let what = format!("there is no projection `{name}`, only {names}");
        let facts = vec![("projection", name.to_owned())];
        return Err(status::error(Code::NotFound, "NO_SUCH_PROJECTION", what, facts));
    }
    check_place(log, *event).await
}

async fn check_place(log: &LogReader, event: EventPlace) -> Result<(), Status> {
    let EventPlace { partition, position } = event;
    let found = log.read_log_at(&[position]).await.map_err(unreadable)?;
    let Some(found) = found.first() else {
        let head = log.head().await.map_err(unreadable)?.position;
        let what = format!("there is no event at position {position}; the log ends at {head}");
        let facts = vec![("position", position.to_string()), ("head", head.to_string())];
        return Err(status::error(Code::NotFound, "NO_SUCH_EVENT", what, facts));
    };
    if found.partition != partition {
        let of = found.partition;
        let what = format!("is {partition}; the event at position {position} is of partition {of}");
        return Err(invalid_argument("partition", what));
    }
    Ok(())
}

fn unreadable(error: ReadError) -> Status {
    tracing::warn!(%error, "cannot look up the event of a decision about a projection");
    let trouble = match &error {
        ReadError::Database(error) => Trouble::of(error),
        _ => Trouble::Lost,
    };
    refusal::log_away(trouble, &format!("the log {}", trouble.advice()))
}

impl CommandRequest for proto::SkipProjectionEventRequest {
    type Command = SystemCommand;

    const NEEDS_REASON: bool = true;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<SystemCommand, Status> {
        Ok(SystemCommand::from(ProjectionCommand::SkipEvent {
            projection: projection(&self.projection)?,
            event: event_place(self.partition, self.position)?,
        }))
    }
}

impl CommandRequest for proto::RetryProjectionEventRequest {
    type Command = SystemCommand;

    const NEEDS_REASON: bool = true;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<SystemCommand, Status> {
        Ok(SystemCommand::from(ProjectionCommand::RetryEvent {
            projection: projection(&self.projection)?,
            event: event_place(self.partition, self.position)?,
        }))
    }
}
