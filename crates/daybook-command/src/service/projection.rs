//! Requests of operators that speak of one event of a projection. Each must say why: the answer to "why does this row lack
//! that event?" stands in the log.

use daybook_core::bank::BankCommand;
use daybook_core::projection::ProjectionCommand;
use daybook_proto::v1 as proto;
use tonic::Status;

use super::CommandRequest;
use super::fields::{event_place, projection};

impl CommandRequest for proto::SkipProjectionEventRequest {
    const NEEDS_REASON: bool = true;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<BankCommand, Status> {
        Ok(BankCommand::from(ProjectionCommand::SkipEvent {
            projection: projection(&self.projection)?,
            event: event_place(self.partition, self.position)?,
        }))
    }
}

impl CommandRequest for proto::RetryProjectionEventRequest {
    const NEEDS_REASON: bool = true;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<BankCommand, Status> {
        Ok(BankCommand::from(ProjectionCommand::RetryEvent {
            projection: projection(&self.projection)?,
            event: event_place(self.partition, self.position)?,
        }))
    }
}
