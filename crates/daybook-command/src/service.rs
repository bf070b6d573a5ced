//! gRPC in, gRPC out: checks a request and who sent it, makes a command of it, and tells its fate. Generated types
//! stop here. The RPCs are the bank's and the system's; those of another domain make a [`CommandRequest`] of their
//! requests, and call [`CommandApi::execute`].

mod account;
mod clock;
mod deadline;
mod desk;
mod fields;
mod projection;
mod refusal;
mod stream;
mod subject;
mod transfer;

pub(crate) use desk::Desk;
pub(crate) use subject::Eraser;

use std::sync::Arc;
use std::time::Duration;

use daybook_bank::BankCommand;
use daybook_core::compose::Part;
use daybook_core::domain::Domain;
use daybook_core::system::SystemCommand;
use daybook_eventlog::LogReader;
use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_server::CommandService;
use daybook_runtime::dependency::Dependency;
use daybook_runtime::status::invalid_argument;
use daybook_runtime::trouble::Trouble;
use tokio::sync::SetOnce;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

/// A domain that is served: composed of the bank, the system, and any others.
pub trait Served: Domain<Command: Part<BankCommand> + Part<SystemCommand>> {}

impl<D: Domain<Command: Part<BankCommand> + Part<SystemCommand>>> Served for D {}

/// A request that asks for one command.
pub trait CommandRequest: Send {
    /// What it becomes.
    type Command;

    /// What every command carries; taken out, so that it is not copied.
    fn take_context(&mut self) -> Option<proto::CommandContext>;

    /// Whether the caller must say why.
    const NEEDS_REASON: bool = false;

    /// The context, taken out, with a reason where one is needed.
    ///
    /// # Errors
    /// When the reason is missing.
    fn take_checked_context(&mut self) -> Result<proto::CommandContext, Status> {
        let context = self.take_context().unwrap_or_default();
        if Self::NEEDS_REASON && context.reason.is_empty() {
            return Err(invalid_argument("context.reason", "is missing: say why"));
        }
        Ok(context)
    }

    /// The command, with every field checked.
    ///
    /// # Errors
    /// When a field cannot be right; the status names it.
    fn into_command(self) -> Result<Self::Command, Status>;
}

/// The gRPC service. It answers from the first moment, and UNAVAILABLE until it is given a desk. Cheap to clone.
pub struct CommandApi<D: Domain> {
    log: Dependency,
    reader: LogReader,
    /// How long a call may wait for the desk.
    wait_max: Duration,
    /// Where keys are kept, if they are.
    keys: Option<Dependency>,
    desk: Arc<SetOnce<Arc<Desk<D>>>>,
    eraser: Arc<SetOnce<Arc<Eraser<D>>>>,
}

impl<D: Domain> Clone for CommandApi<D> {
    fn clone(&self) -> Self {
        Self {
            log: self.log.clone(),
            reader: self.reader.clone(),
            wait_max: self.wait_max,
            keys: self.keys.clone(),
            desk: Arc::clone(&self.desk),
            eraser: Arc::clone(&self.eraser),
        }
    }
}

impl<D: Served> CommandApi<D> {
    /// A service that waits for its log, and for its keys where there are any.
    pub(crate) fn new(
        log: Dependency,
        keys: Option<Dependency>,
        wait_max: Duration,
        reader: LogReader,
    ) -> Self {
        let (desk, eraser) = (Arc::default(), Arc::default());
        Self { log, reader, wait_max, keys, desk, eraser }
    }

    /// Hands commands to `desk` from now on.
    pub(crate) fn open(&self, desk: Arc<Desk<D>>) {
        let _set_before = self.desk.set(desk);
    }

    /// Forgets people through `eraser` from now on.
    pub(crate) fn open_eraser(&self, eraser: Arc<Eraser<D>>) {
        let _set_before = self.eraser.set(eraser);
    }

    /// Executes a command of any of the domains, as the RPCs of this service do.
    ///
    /// # Errors
    /// As the public contract says of every command.
    pub async fn execute<R: CommandRequest>(
        &self,
        request: Request<R>,
    ) -> Result<proto::Receipt, Status>
    where
        D::Command: From<R::Command>,
    {
        self.desk(request.metadata()).await?.execute(request).await
    }

    /// The desk. While the service connects, a call waits for it as it would wait to be decided; where the log is
    /// known to be away it is told so at once.
    async fn desk(&self, headers: &MetadataMap) -> Result<&Arc<Desk<D>>, Status> {
        if let Some(desk) = self.desk.get() {
            return Ok(desk);
        }
        let wait = self.wait(headers);
        let mut seen = self.log.watch();
        let in_trouble = seen.wait_for(|seen| seen.trouble.is_some());
        tokio::select! {
            desk = self.desk.wait() => Ok(desk),
            seen = in_trouble => Err(self.log_away(seen.ok().and_then(|seen| seen.trouble))),
            () = tokio::time::sleep(wait) => Err(refusal::log_unknown()),
        }
    }

    fn log_away(&self, trouble: Option<Trouble>) -> Status {
        let say = |trouble: Trouble| {
            refusal::log_away(trouble, &format!("{} {}", self.log.title(), trouble.advice()))
        };
        trouble.map_or_else(refusal::log_unknown, say)
    }

    /// The same for what forgets people, and the key store.
    async fn eraser(&self, headers: &MetadataMap) -> Result<&Arc<Eraser<D>>, Status> {
        let keys = self.keys.as_ref().ok_or_else(subject::no_key_store)?;
        if let Some(eraser) = self.eraser.get() {
            return Ok(eraser);
        }
        let mut seen = keys.watch();
        let in_trouble = seen.wait_for(|seen| seen.trouble.is_some());
        let trouble = tokio::select! {
            eraser = self.eraser.wait() => return Ok(eraser),
            seen = in_trouble => seen.ok().and_then(|seen| seen.trouble),
            () = tokio::time::sleep(self.wait(headers)) => None,
        };
        Err(refusal::keys_away(keys.title(), trouble.unwrap_or(Trouble::NotReady)))
    }

    /// How long a call may wait for a part of the service.
    fn wait(&self, headers: &MetadataMap) -> Duration {
        deadline::caller_timeout(headers).unwrap_or(self.wait_max).min(self.wait_max)
    }
}

/// `rpc!(self, request, DepositResponse)`: every call is the same, but for its types.
macro_rules! rpc {
    ($self:ident, $request:ident, $response:ident) => {{
        let receipt = Some($self.execute($request).await?);
        Ok(Response::new(proto::$response { receipt }))
    }};
}

#[tonic::async_trait]
impl<D: Served> CommandService for CommandApi<D> {
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
        self.desk(request.metadata()).await?;
        let request = clock::acceptance(&self.reader, request).await?;
        rpc!(self, request, AcceptLogTimeResponse)
    }

    async fn forget_subject(
        &self,
        request: Request<proto::ForgetSubjectRequest>,
    ) -> Result<Response<proto::ForgetSubjectResponse>, Status> {
        self.desk(request.metadata()).await?;
        let receipt = Some(self.eraser(request.metadata()).await?.forget(request).await?);
        Ok(Response::new(proto::ForgetSubjectResponse { receipt }))
    }

    type ExecuteStreamStream = stream::Answers;

    async fn execute_stream(
        &self,
        request: Request<Streaming<proto::ExecuteStreamRequest>>,
    ) -> Result<Response<Self::ExecuteStreamStream>, Status> {
        let desk = Arc::clone(self.desk(request.metadata()).await?);
        Ok(Response::new(stream::answer_all(desk, request)?))
    }
}
