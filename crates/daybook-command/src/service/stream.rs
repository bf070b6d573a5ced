//! `ExecuteStream`: many commands over one call.
//!
//! Commands are handed to the decider in the order in which they come, so those on one stream are decided in that order.
//! Answers go back as they are settled. Where [`WINDOW`] commands of the call are in hand or their answers not taken, or the
//! service has too many in hand, reading stops, and with it, by HTTP/2 flow control, the caller: one that never reads its
//! answers waits, and holds up nobody else. A call that breaks takes no command back that is in hand.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use daybook_proto::v1 as proto;
use daybook_proto::v1::execute_stream_request::Command;
use daybook_proto::v1::execute_stream_response::Outcome;
use daybook_runtime::accept::{ConnectionInfo, ENDLESS_CALLS_MAX};
use daybook_runtime::status::{self, invalid_argument};
use futures::StreamExt as _;
use futures::stream::{FuturesUnordered, Stream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tonic::{Code, Request, Status, Streaming};

use super::desk::{Desk, Waiting};
use super::fields::{Caller, Sender};
use super::{CommandRequest, Served};

/// Commands of one call that may be in hand or answered and not taken, together.
const WINDOW: usize = 1024;

/// The caller's deadline is that of the whole call; one command may wait as long as the service allows.
const COMMAND_TIMEOUT: Duration = Duration::MAX;

type Answer = Result<proto::ExecuteStreamResponse, Status>;

/// Answers on their way to the caller, with the permissions that the call has as long as it lasts.
pub struct Answers {
    answers: mpsc::Receiver<Answer>,
    _permits: [OwnedSemaphorePermit; 2],
}

impl Stream for Answers {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Answer>> {
        self.answers.poll_recv(context)
    }
}

/// Answers every command of the call, until these end or nobody listens.
pub(super) fn answer_all<D: Served>(
    desk: Arc<Desk<D>>,
    request: Request<Streaming<proto::ExecuteStreamRequest>>,
) -> Result<Answers, Status> {
    let sender = Sender::of(&request)?;
    let permits = [desk.stream()?, of_connection(&request)?];
    let requests = request.into_inner();
    // One more for the word that the call broke: it has a slot even where the caller takes nothing.
    let (answers, receiver) = mpsc::channel(WINDOW + 1);
    tokio::spawn(async move {
        let Ok(last) = answers.clone().reserve_owned().await else { return };
        if let Err(broken) = run(&desk, &sender, requests, &answers).await {
            last.send(Err(broken));
        }
    });
    Ok(Answers { answers: receiver, _permits: permits })
}

/// One of the calls that its connection may have.
fn of_connection<R>(request: &Request<R>) -> Result<OwnedSemaphorePermit, Status> {
    let permit = request.extensions().get().and_then(ConnectionInfo::endless_call);
    permit.ok_or_else(|| {
        let message = format!(
            "this connection has {ENDLESS_CALLS_MAX} ExecuteStream calls already; open another one for more"
        );
        status::error(Code::ResourceExhausted, "TOO_MANY_STREAMS", message, Vec::new())
    })
}

async fn run<D: Served>(
    desk: &Desk<D>,
    sender: &Sender,
    mut requests: Streaming<proto::ExecuteStreamRequest>,
    answers: &mpsc::Sender<Answer>,
) -> Result<(), Status> {
    let mut in_hand = FuturesUnordered::new();
    let (mut open, mut cut_short) = (true, false);
    while open || !in_hand.is_empty() {
        tokio::select! {
            Some(()) = in_hand.next() => {}
            next = next(&mut requests, answers), if open => match next? {
                Some((slot, Some(request))) => {
                    let sequence = request.sequence;
                    let submitted = submit(desk, sender.clone(), request).await;
                    let settled = settle(desk, sequence, submitted);
                    in_hand.push(async move { slot.send(Ok(settled.await)) });
                }
                Some((_, None)) => open = false,
                // Nobody listens any more.
                None => return Ok(()),
            },
            () = desk.stopping(), if open => {
                open = false;
                cut_short = true;
            }
        }
    }
    if cut_short { Err(stopping()) } else { Ok(()) }
}

/// The next request, once there is a slot for its answer; `None`: nobody takes answers any more.
async fn next<'a>(
    requests: &mut Streaming<proto::ExecuteStreamRequest>,
    answers: &'a mpsc::Sender<Answer>,
) -> Result<Option<(mpsc::Permit<'a, Answer>, Option<proto::ExecuteStreamRequest>)>, Status> {
    let Ok(slot) = answers.reserve().await else { return Ok(None) };
    Ok(Some((slot, requests.message().await?)))
}

/// The service stops, and reads no more.
fn stopping() -> Status {
    let message =
        "the service is stopping; commands of this call without an answer were not applied";
    status::unavailable("NOT_APPLIED", message)
}

async fn submit<D: Served>(
    desk: &Desk<D>,
    sender: Sender,
    request: proto::ExecuteStreamRequest,
) -> Result<Waiting<D::Rejection>, Status> {
    let (context, command) = taken_apart::<D>(request.command)?;
    let caller = Caller::new(sender, context)?;
    desk.check(&command).await?;
    let place = desk.place().await?;
    desk.submit(command, caller, COMMAND_TIMEOUT, place)
}

async fn settle<D: Served>(
    desk: &Desk<D>,
    sequence: i64,
    submitted: Result<Waiting<D::Rejection>, Status>,
) -> proto::ExecuteStreamResponse {
    let answer = match submitted {
        Ok(waiting) => desk.wait(waiting).await,
        Err(status) => Err(status),
    };
    let outcome = match answer {
        Ok(receipt) => Outcome::Receipt(receipt),
        Err(status) => Outcome::Failure(proto::CommandFailure {
            code: i32::from(status.code()),
            message: status.message().to_owned(),
            status_details: status.details().to_vec(),
        }),
    };
    proto::ExecuteStreamResponse { sequence, outcome: Some(outcome) }
}

fn taken_apart<D: Served>(
    command: Option<Command>,
) -> Result<(proto::CommandContext, D::Command), Status> {
    match command {
        Some(Command::OpenAccount(request)) => parts(request),
        Some(Command::Deposit(request)) => parts(request),
        Some(Command::Withdraw(request)) => parts(request),
        Some(Command::ChargeFee(request)) => parts(request),
        Some(Command::Refund(request)) => parts(request),
        Some(Command::FreezeAccount(request)) => parts(request),
        Some(Command::UnfreezeAccount(request)) => parts(request),
        Some(Command::CloseAccount(request)) => parts(request),
        Some(Command::InitiateTransfer(request)) => parts(request),
        Some(Command::ApproveTransfer(request)) => parts(request),
        Some(Command::RejectTransfer(request)) => parts(request),
        Some(Command::CancelTransfer(request)) => parts(request),
        Some(Command::ExecuteTransfer(request)) => parts(request),
        Some(Command::SkipProjectionEvent(request)) => parts(request),
        Some(Command::RetryProjectionEvent(request)) => parts(request),
        None => Err(invalid_argument("command", "is missing")),
    }
}

fn parts<R: CommandRequest, C: From<R::Command>>(
    mut request: R,
) -> Result<(proto::CommandContext, C), Status> {
    let context = request.take_checked_context()?;
    Ok((context, request.into_command()?.into()))
}
