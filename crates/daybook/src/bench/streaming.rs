//! A connection that keeps a window of operations in flight over `ExecuteStream`.
//!
//! One task does it all. Each place in the window holds one operation, whose steps go out one after the other, each when
//! the one before is answered; the number of the place is the sequence number on the wire. An actor is named per call, so
//! that the approver has a stream of their own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use daybook_proto::v1;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use v1::command_service_client::CommandServiceClient;
use v1::execute_stream_response::Outcome;

use super::pace::Pace;
use super::tally::Tally;
use super::workload::{By, Operation, Work};

/// Sends operations until the pace ends and all are answered, or the stream breaks.
pub(crate) async fn call(
    client: CommandServiceClient<Channel>,
    window: usize,
    approves: bool,
    work: Work,
    pace: Pace,
    tally: &Mutex<Tally>,
) {
    let mut connection = Connection {
        slots: (0..window).map(|_| None).collect(),
        free: (0..window).collect(),
        work,
        pace,
        over: false,
        tally,
    };
    if let Err(status) = connection.run(client, approves).await {
        connection.break_off(&status);
    }
}

struct Connection<'a> {
    slots: Vec<Option<Flight>>,
    free: Vec<usize>,
    work: Work,
    pace: Pace,
    over: bool,
    tally: &'a Mutex<Tally>,
}

/// An operation that waits for the answer to one of its steps.
struct Flight {
    due: Instant,
    rest: Operation,
}

/// Both ways of the streams: the teller's, and the approver's where one is needed.
struct Senders {
    teller: mpsc::Sender<v1::ExecuteStreamRequest>,
    approver: Option<mpsc::Sender<v1::ExecuteStreamRequest>>,
}

type Answers = Streaming<v1::ExecuteStreamResponse>;

impl Connection<'_> {
    async fn run(
        &mut self,
        mut client: CommandServiceClient<Channel>,
        approves: bool,
    ) -> Result<(), Status> {
        let (teller, mut to_teller) = open(&mut client, By::Teller, self.slots.len()).await?;
        let (approver, mut to_approver) = match approves {
            true => {
                let (sender, answers) = open(&mut client, By::Approver, self.slots.len()).await?;
                (Some(sender), Some(answers))
            }
            false => (None, None),
        };
        let senders = Senders { teller, approver };
        loop {
            self.fill(&senders)?;
            if self.over && self.free.len() == self.slots.len() {
                return Ok(());
            }
            tokio::select! {
                answer = to_teller.message() => self.settle(answer, &senders)?,
                answer = message(&mut to_approver) => self.settle(answer, &senders)?,
                due = self.pace.next(), if !self.over && !self.free.is_empty() => match due {
                    Some(due) => self.begin(due, &senders)?,
                    None => self.over = true,
                },
            }
        }
    }

    /// Begins what is due, as far as there is room.
    fn fill(&mut self, senders: &Senders) -> Result<(), Status> {
        while !self.over && !self.free.is_empty() {
            match self.pace.next_if_due() {
                Some(due) => self.begin(due, senders)?,
                None => break,
            }
        }
        Ok(())
    }

    fn begin(&mut self, due: Instant, senders: &Senders) -> Result<(), Status> {
        let slot = self.free.pop().ok_or_else(|| Status::internal("the window is full"))?;
        self.tally().begin();
        let rest = self.work.next();
        self.slots[slot] = Some(Flight { due, rest });
        self.send_next(slot, senders).map(drop)
    }

    /// Sends the next step of an operation; `false` when there is none.
    fn send_next(&mut self, slot: usize, senders: &Senders) -> Result<bool, Status> {
        let Some(step) = self.slots[slot].as_mut().and_then(|flight| flight.rest.next()) else {
            return Ok(false);
        };
        let sender = match (step.by(), &senders.approver) {
            (By::Approver, Some(approver)) => approver,
            _ => &senders.teller,
        };
        let sequence = i64::try_from(slot).map_err(|_| Status::internal("a window is small"))?;
        let request =
            v1::ExecuteStreamRequest { sequence, command: Some(step.into_stream_command()) };
        // There is room for the whole window: that this fails can only mean that the stream has ended.
        sender.try_send(request).map_err(|_| Status::unavailable("the stream has ended"))?;
        Ok(true)
    }

    fn settle(
        &mut self,
        answer: Result<Option<v1::ExecuteStreamResponse>, Status>,
        senders: &Senders,
    ) -> Result<(), Status> {
        let answer = answer?.ok_or_else(|| Status::unavailable("the service ended the stream"))?;
        let slot = usize::try_from(answer.sequence).unwrap_or(usize::MAX);
        if self.slots.get(slot).is_none_or(Option::is_none) {
            return Err(Status::internal("an answer to nothing that was sent"));
        }
        let done = match answer.outcome {
            Some(Outcome::Receipt(receipt)) => Ok(receipt.position),
            Some(Outcome::Failure(failure)) => Err(status_of(failure)),
            None => Err(Status::internal("an answer without an outcome")),
        };
        if done.is_ok() && self.send_next(slot, senders)? {
            return Ok(());
        }
        if let Some(flight) = self.slots[slot].take() {
            self.free.push(slot);
            match done {
                Ok(position) => self.tally().finish(flight.due, position),
                Err(status) => self.tally().problem(&status),
            }
        }
        Ok(())
    }

    /// What is in flight will never be answered.
    fn break_off(&mut self, status: &Status) {
        let lost = self.slots.iter().flatten().count();
        let mut tally = self.tally();
        for _ in 0..lost {
            tally.problem(status);
        }
        if lost == 0 {
            // It did not even begin: that must not look like an idle connection.
            tally.begin();
            tally.problem(status);
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open(
    client: &mut CommandServiceClient<Channel>,
    by: By,
    window: usize,
) -> Result<(mpsc::Sender<v1::ExecuteStreamRequest>, Answers), Status> {
    let (sender, requests) = mpsc::channel(window);
    let answers = client.execute_stream(by.request(ReceiverStream::new(requests))).await?;
    Ok((sender, answers.into_inner()))
}

/// The next answer of a stream that may not be there.
async fn message(
    answers: &mut Option<Answers>,
) -> Result<Option<v1::ExecuteStreamResponse>, Status> {
    match answers {
        Some(answers) => answers.message().await,
        None => std::future::pending().await,
    }
}

fn status_of(failure: v1::CommandFailure) -> Status {
    Status::with_details(Code::from(failure.code), failure.message, failure.status_details.into())
}
