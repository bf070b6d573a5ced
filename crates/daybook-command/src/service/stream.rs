//! `ExecuteStream`: many commands over one call.
//!
//! Commands are handed to the decider in the order in which they come, so those on one stream are decided in that order.
//! Answers go back as they are settled. Where the call has [`WINDOW`] commands in hand, or the service too many, reading
//! stops, and with it, by HTTP/2 flow control, the caller. A call that breaks takes no command back that is in hand.

use std::sync::Arc;
use std::time::Duration;

use daybook_core::bank::BankCommand;
use daybook_proto::v1 as proto;
use daybook_proto::v1::execute_stream_request::Command;
use daybook_proto::v1::execute_stream_response::Outcome;
use daybook_runtime::status::{self, invalid_argument};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::CommandRequest;
use super::desk::{Desk, Waiting};
use super::fields::{Caller, Sender};

/// Commands of one call that may be in hand, and answers of it that may wait to be sent.
const WINDOW: usize = 1024;

/// The caller's deadline is that of the whole call; one command may wait as long as the service allows.
const COMMAND_TIMEOUT: Duration = Duration::MAX;

type Answer = Result<proto::ExecuteStreamResponse, Status>;

/// Answers every command of `requests`, until these end or nobody listens.
pub(super) fn answer_all(
    desk: Arc<Desk>,
    sender: Sender,
    requests: Streaming<proto::ExecuteStreamRequest>,
) -> mpsc::Receiver<Answer> {
    let (answers, receiver) = mpsc::channel(WINDOW);
    tokio::spawn(async move {
        if let Err(broken) = run(&desk, &sender, requests, &answers).await {
            let _gone = answers.send(Err(broken)).await;
        }
    });
    receiver
}

async fn run(
    desk: &Desk,
    sender: &Sender,
    mut requests: Streaming<proto::ExecuteStreamRequest>,
    answers: &mpsc::Sender<Answer>,
) -> Result<(), Status> {
    let mut in_hand = FuturesUnordered::new();
    let (mut open, mut cut_short) = (true, false);
    while open || !in_hand.is_empty() {
        tokio::select! {
            Some(response) = in_hand.next() => {
                if answers.send(Ok(response)).await.is_err() {
                    return Ok(());
                }
            }
            request = requests.message(), if open && in_hand.len() < WINDOW => match request? {
                Some(request) => {
                    let sequence = request.sequence;
                    let submitted = submit(desk, sender.clone(), request).await;
                    in_hand.push(settle(desk, sequence, submitted));
                }
                None => open = false,
            },
            () = desk.stopping(), if open => {
                open = false;
                cut_short = true;
            }
        }
    }
    if cut_short { Err(stopping()) } else { Ok(()) }
}

/// The service stops, and reads no more.
fn stopping() -> Status {
    let message =
        "the service is stopping; commands of this call without an answer were not applied";
    status::unavailable("NOT_APPLIED", message)
}

async fn submit(
    desk: &Desk,
    sender: Sender,
    request: proto::ExecuteStreamRequest,
) -> Result<Waiting, Status> {
    let (context, command) = taken_apart(request.command)?;
    let caller = Caller::new(sender, context)?;
    let place = desk.place().await?;
    desk.submit(command, caller, COMMAND_TIMEOUT, place)
}

async fn settle(
    desk: &Desk,
    sequence: i64,
    submitted: Result<Waiting, Status>,
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

fn taken_apart(command: Option<Command>) -> Result<(proto::CommandContext, BankCommand), Status> {
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

fn parts(mut request: impl CommandRequest) -> Result<(proto::CommandContext, BankCommand), Status> {
    let context = request.take_checked_context()?;
    Ok((context, request.into_command()?))
}
