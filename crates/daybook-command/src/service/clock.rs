//! Accepting a time of the log that lies in the future. An operator names the event; its time is looked up here.

use daybook_core::clock::ClockCommand;
use daybook_core::ids::Position;
use daybook_core::system::SystemCommand;
use daybook_eventlog::LogReader;
use daybook_proto::v1 as proto;
use daybook_runtime::status::{self, invalid_argument};
use daybook_runtime::trouble;
use time::OffsetDateTime;
use tonic::{Request, Status};

use super::CommandRequest;

/// The request, with the time of its event.
pub(super) struct Acceptance {
    context: Option<proto::CommandContext>,
    position: Position,
    recorded_at: OffsetDateTime,
}

/// Looks up the time that is accepted.
pub(super) async fn acceptance(
    log: &LogReader,
    request: Request<proto::AcceptLogTimeRequest>,
) -> Result<Request<Acceptance>, Status> {
    let given = request.get_ref().position;
    let position = Position::new(given)
        .ok()
        .filter(|position| *position > Position::ZERO)
        .ok_or_else(|| invalid_argument("position", format!("is {given}, must be 1 or more")))?;
    let recorded_at = log
        .recorded_at(position)
        .await
        .map_err(|error| status::unavailable("NOT_APPLIED", trouble::explain("the log", &error)))?;
    let recorded_at = recorded_at.ok_or_else(|| {
        let message = format!("the log has no event at position {position}");
        status::not_found("NO_SUCH_POSITION", &position.to_string(), message)
    })?;
    Ok(request.map(|request| Acceptance { context: request.context, position, recorded_at }))
}

impl CommandRequest for Acceptance {
    type Command = SystemCommand;

    const NEEDS_REASON: bool = true;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<SystemCommand, Status> {
        let Self { position, recorded_at, .. } = self;
        Ok(ClockCommand::AcceptTime { position, recorded_at }.into())
    }
}
