//! gRPC in, gRPC out: checks a request and who sent it, makes a command of it, and tells its fate. Generated types stop
//! here.

mod account;
mod clock;
mod deadline;
mod desk;
mod fields;
mod places;
mod projection;
mod refusal;
mod stream;
mod subject;
mod transfer;

pub(crate) use desk::Desk;
pub(crate) use places::Place;
pub(crate) use subject::Eraser;

use std::sync::Arc;

use daybook_core::bank::BankCommand;
use daybook_eventlog::LogReader;
use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_server::CommandService;
use daybook_runtime::status::invalid_argument;
use tonic::{Request, Response, Status, Streaming};

/// A request that asks for one command.
trait CommandRequest: Send {
    /// What every command carries; taken out, so that it is not copied.
    fn take_context(&mut self) -> Option<proto::CommandContext>;

    /// Whether the caller must say why.
    const NEEDS_REASON: bool = false;

    /// The context, taken out, with a reason where one is needed.
    fn take_checked_context(&mut self) -> Result<proto::CommandContext, Status> {
        let context = self.take_context().unwrap_or_default();
        if Self::NEEDS_REASON && context.reason.is_empty() {
            return Err(invalid_argument("context.reason", "is missing: say why"));
        }
        Ok(context)
    }

    /// The command, with every field checked.
    fn into_command(self) -> Result<BankCommand, Status>;
}

/// The gRPC service.
pub(crate) struct CommandApi {
    desk: Arc<Desk>,
    eraser: Option<Arc<Eraser>>,
    log: LogReader,
}

impl CommandApi {
    /// A service that hands commands to `desk`, and forgets people through `eraser`, where keys are kept.
    #[must_use]
    pub(crate) fn new(desk: Arc<Desk>, eraser: Option<Arc<Eraser>>, log: LogReader) -> Self {
        Self { desk, eraser, log }
    }
}

/// `rpc!(self, request, DepositResponse)`: every call is the same, but for its types.
macro_rules! rpc {
    ($self:ident, $request:ident, $response:ident) => {{
        let receipt = Some($self.desk.execute($request).await?);
        Ok(Response::new(proto::$response { receipt }))
    }};
}

#[tonic::async_trait]
impl CommandService for CommandApi {
    async fn open_account(
        &self,
        request: Request<proto::OpenAccountRequest>,
    ) -> Result<Response<proto::OpenAccountResponse>, Status> {
        rpc!(self, request, OpenAccountResponse)
    }

    async fn deposit(
        &self,
        request: Request<proto::DepositRequest>,
    ) -> Result<Response<proto::DepositResponse>, Status> {
        rpc!(self, request, DepositResponse)
    }

    async fn withdraw(
        &self,
        request: Request<proto::WithdrawRequest>,
    ) -> Result<Response<proto::WithdrawResponse>, Status> {
        rpc!(self, request, WithdrawResponse)
    }

    async fn charge_fee(
        &self,
        request: Request<proto::ChargeFeeRequest>,
    ) -> Result<Response<proto::ChargeFeeResponse>, Status> {
        rpc!(self, request, ChargeFeeResponse)
    }

    async fn refund(
        &self,
        request: Request<proto::RefundRequest>,
    ) -> Result<Response<proto::RefundResponse>, Status> {
        rpc!(self, request, RefundResponse)
    }

    async fn freeze_account(
        &self,
        request: Request<proto::FreezeAccountRequest>,
    ) -> Result<Response<proto::FreezeAccountResponse>, Status> {
        rpc!(self, request, FreezeAccountResponse)
    }

    async fn unfreeze_account(
        &self,
        request: Request<proto::UnfreezeAccountRequest>,
    ) -> Result<Response<proto::UnfreezeAccountResponse>, Status> {
        rpc!(self, request, UnfreezeAccountResponse)
    }

    async fn close_account(
        &self,
        request: Request<proto::CloseAccountRequest>,
    ) -> Result<Response<proto::CloseAccountResponse>, Status> {
        rpc!(self, request, CloseAccountResponse)
    }

    async fn initiate_transfer(
        &self,
        request: Request<proto::InitiateTransferRequest>,
    ) -> Result<Response<proto::InitiateTransferResponse>, Status> {
        rpc!(self, request, InitiateTransferResponse)
    }

    async fn approve_transfer(
        &self,
        request: Request<proto::ApproveTransferRequest>,
    ) -> Result<Response<proto::ApproveTransferResponse>, Status> {
        rpc!(self, request, ApproveTransferResponse)
    }

    async fn reject_transfer(
        &self,
        request: Request<proto::RejectTransferRequest>,
    ) -> Result<Response<proto::RejectTransferResponse>, Status> {
        rpc!(self, request, RejectTransferResponse)
    }

    async fn cancel_transfer(
        &self,
        request: Request<proto::CancelTransferRequest>,
    ) -> Result<Response<proto::CancelTransferResponse>, Status> {
        rpc!(self, request, CancelTransferResponse)
    }

    async fn execute_transfer(
        &self,
        request: Request<proto::ExecuteTransferRequest>,
    ) -> Result<Response<proto::ExecuteTransferResponse>, Status> {
        rpc!(self, request, ExecuteTransferResponse)
    }

    async fn skip_projection_event(
        &self,
        request: Request<proto::SkipProjectionEventRequest>,
    ) -> Result<Response<proto::SkipProjectionEventResponse>, Status> {
        rpc!(self, request, SkipProjectionEventResponse)
    }

    async fn retry_projection_event(
        &self,
        request: Request<proto::RetryProjectionEventRequest>,
    ) -> Result<Response<proto::RetryProjectionEventResponse>, Status> {
        rpc!(self, request, RetryProjectionEventResponse)
    }

    async fn accept_log_time(
        &self,
        request: Request<proto::AcceptLogTimeRequest>,
    ) -> Result<Response<proto::AcceptLogTimeResponse>, Status> {
        let request = clock::acceptance(&self.log, request).await?;
        rpc!(self, request, AcceptLogTimeResponse)
    }

    async fn forget_subject(
        &self,
        request: Request<proto::ForgetSubjectRequest>,
    ) -> Result<Response<proto::ForgetSubjectResponse>, Status> {
        let eraser = self.eraser.as_ref().ok_or_else(subject::no_key_store)?;
        let receipt = Some(eraser.forget(request).await?);
        Ok(Response::new(proto::ForgetSubjectResponse { receipt }))
    }

    type ExecuteStreamStream = stream::Answers;

    async fn execute_stream(
        &self,
        request: Request<Streaming<proto::ExecuteStreamRequest>>,
    ) -> Result<Response<Self::ExecuteStreamStream>, Status> {
        Ok(Response::new(stream::answer_all(Arc::clone(&self.desk), request)?))
    }
}
