//! The desk: where a checked request becomes a submission, and where its caller waits for its fate.

use std::sync::Arc;
use std::time::Duration;

use daybook_core::compose::Part as _;
use daybook_core::domain::Domain;
use daybook_core::metadata::Metadata;
use daybook_core::read_model::ReadModel;
use daybook_core::system::SystemCommand;
use daybook_decider::content_hash::content_hash;
use daybook_decider::places::{Place, Places};
use daybook_decider::reach::Reach;
use daybook_decider::submission::{Acknowledgement, Answer, Stage, Submission, Ticket};
use daybook_eventlog::LogReader;
use daybook_proto::v1 as proto;
use daybook_runtime::dependency::Dependency;
use daybook_runtime::status;
use metrics::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::deadline::caller_timeout;
use super::fields::{Caller, Sender};
use super::{CommandRequest, Served};
use super::{projection, refusal};
use crate::settings::Settings;

/// When to try again after too much was waiting.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// See the module.
pub(crate) struct Desk<D: Domain> {
    submissions: mpsc::Sender<Submission<D>>,
    /// For what is looked up before a command is submitted.
    log: LogReader,
    /// Those that operators may speak of.
    read_models: &'static [ReadModel],
    places: Places,
    /// One for each `ExecuteStream` call.
    streams: Arc<Semaphore>,
    reach: watch::Receiver<Reach>,
    keys: Option<Dependency>,
    wait_max: Duration,
    stopping: CancellationToken,
    overloaded: Counter,
}

/// The caller's half of a command in hand.
pub(super) struct Waiting<R> {
    answer: oneshot::Receiver<Answer<R>>,
    stage: Stage,
    deadline: Instant,
    caller: Caller,
}

impl<D: Served> Desk<D> {
    /// A desk that submits to the decider.
    pub(crate) fn new(
        submissions: mpsc::Sender<Submission<D>>,
        (log, read_models): (LogReader, &'static [ReadModel]),
        (reach, keys): (watch::Receiver<Reach>, Option<Dependency>),
        settings: &Settings,
        stopping: CancellationToken,
        overloaded: Counter,
    ) -> Self {
        Self {
            submissions,
            log,
            read_models,
            places: Places::new(settings.commands_max),
            streams: Arc::new(Semaphore::new(settings.streams_max)),
            reach,
            keys,
            wait_max: settings.wait_max(),
            stopping,
            overloaded,
        }
    }

    /// Returns when the service stops: calls without an end of their own end then.
    pub(super) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Checks, submits and waits. Once it is submitted, a command no longer needs its caller.
    pub(super) async fn execute<R: CommandRequest>(
        &self,
        mut request: Request<R>,
    ) -> Result<proto::Receipt, Status>
    where
        D::Command: From<R::Command>,
    {
        let context = request.get_mut().take_checked_context()?;
        let caller = Caller::new(Sender::of(&request)?, context)?;
        let timeout = caller_timeout(request.metadata()).unwrap_or(self.wait_max);
        let command = D::Command::from(request.into_inner().into_command()?);
        self.check(&command).await?;
        self.execute_command(command, caller, timeout).await
    }

    /// The same for a command that is checked already.
    pub(super) async fn execute_command(
        &self,
        command: D::Command,
        caller: Caller,
        timeout: Duration,
    ) -> Result<proto::Receipt, Status> {
        let place = self.places.of_a_call().ok_or_else(|| self.too_much())?;
        let waiting = self.submit(command, caller, timeout, place)?;
        self.wait(waiting).await
    }

    /// Checks what only the log can tell.
    pub(super) async fn check(&self, command: &D::Command) -> Result<(), Status> {
        let of_system: Option<&SystemCommand> = command.part();
        match of_system {
            Some(command) => projection::check_event(&self.log, self.read_models, command).await,
            None => Ok(()),
        }
    }

    /// As [`Desk::execute`], for callers that are kept waiting rather than refused when too much is in hand.
    pub(super) async fn place(&self) -> Result<Place, Status> {
        self.places.of_a_stream().await.ok_or_else(|| self.too_much())
    }

    /// Permission for one more `ExecuteStream` call, to be kept as long as it lasts.
    pub(super) fn stream(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
            let message = "too many ExecuteStream calls are open (--streams-max); end one, or send commands by themselves";
            status::resource_exhausted("TOO_MANY_STREAMS", message, RETRY_AFTER)
        })
    }

    /// Hands a command to the decider, in the order of the calls.
    pub(super) fn submit(
        &self,
        command: D::Command,
        caller: Caller,
        timeout: Duration,
        place: Place,
    ) -> Result<Waiting<D::Rejection>, Status> {
        let deadline = Instant::now() + timeout.min(self.wait_max);
        let (ticket, answer, stage) = Ticket::new(place);
        let metadata: Metadata = caller.metadata.clone();
        let submission = Submission {
            content_hash: content_hash(&command, caller.expected_version, &metadata.actor)
                .map_err(|error| status::internal("content hash", &error))?,
            is_hash_keyed: false,
            command,
            expected_version: caller.expected_version,
            metadata,
            may_be_retry: caller.gave_command_id,
            deadline,
            ticket,
        };
        self.submissions.try_send(submission).map_err(|_| self.too_much())?;
        Ok(Waiting { answer, stage, deadline, caller })
    }

    /// Waits for a command's fate.
    pub(super) async fn wait(
        &self,
        waiting: Waiting<D::Rejection>,
    ) -> Result<proto::Receipt, Status> {
        let Waiting { answer, stage, deadline, caller } = waiting;
        let metadata = &caller.metadata;
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(Ok(acknowledgement))) => Ok(receipt(acknowledgement, metadata)),
            Ok(Ok(Err(refusal))) => Err(refusal::status(refusal, metadata)),
            // The service is ending, with the command's fate open.
            Ok(Err(_)) => Err(refusal::outcome_unknown(metadata)),
            Err(_) if !stage.take_back() => Err(refusal::outcome_unknown(metadata)),
            Err(_) => Err(self.too_late()),
        }
    }

    /// Why a command was not decided in time.
    fn too_late(&self) -> Status {
        match &*self.reach.borrow() {
            Reach::Away(away) => return refusal::log_away(away.trouble, &away.why),
            Reach::Starting | Reach::Unsettled => return refusal::log_unknown(),
            Reach::Up => {}
        }
        let keys = self.keys.as_ref().and_then(|keys| Some((keys.title(), keys.seen().trouble?)));
        keys.map_or_else(refusal::too_late, |(title, trouble)| refusal::keys_away(title, trouble))
    }

    fn too_much(&self) -> Status {
        self.overloaded.increment(1);
        let message = "too many commands are in hand; this one was not applied, try again";
        status::resource_exhausted("TOO_MANY_COMMANDS", message, RETRY_AFTER)
    }
}

fn receipt(acknowledgement: Acknowledgement, metadata: &Metadata) -> proto::Receipt {
    let receipt = acknowledgement.receipt;
    proto::Receipt {
        position: receipt.position.get(),
        recorded_at: Some(prost_types::Timestamp {
            seconds: receipt.recorded_at.unix_timestamp(),
            nanos: i32::try_from(receipt.recorded_at.nanosecond()).unwrap_or_default(),
        }),
        streams: receipt
            .streams
            .into_iter()
            .map(|(stream_id, version)| proto::StreamVersion {
                stream_id: stream_id.to_string(),
                version: version.get(),
            })
            .collect(),
        replayed: acknowledgement.replayed,
        reason_dropped: acknowledgement.reason_dropped,
        command_id: metadata.command_id.to_string(),
        log_history: acknowledgement.identity.map(|log| log.history()).unwrap_or_default(),
    }
}
