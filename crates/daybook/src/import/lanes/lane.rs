//! The lines of one actor that were given out and are not settled, in order, and the call that they go over.
//!
//! Whatever goes wrong ends the same way: the call is let go, and over the next one all lines that are not settled are
//! sent again, in the old order, with the same command ids. So a line whose answer was lost gets its receipt, and one that
//! was lost itself has its effect before the lines behind it are asked for again.
//!
//! When a command fails (not applied, or nobody knows), nothing more is sent over that call, and refusals of lines behind
//! it are not believed, for they may lean on the effect that is missing: those lines are asked for again, too. Receipts
//! are believed. That is the one case in which lines on the same account may take effect out of order: where the service
//! cannot reach the log for so long that it gives a command back, and decides one behind it.

use std::collections::BTreeMap;
use std::time::Duration;

use daybook_proto::v1;
use tokio::time::Instant;
use tonic::Status;

use super::call::Call;
use crate::client::{ATTEMPT_MIN, Answer, Pauses, Verdict, verdict};
use crate::import::line::Line;

/// Longest wait for any answer over a call on which some are due. Longer than the service lets a command wait, so that its
/// own word comes first.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// A line that was given out.
pub(super) struct Flight {
    pub(super) line: Box<Line>,
    /// When it was sent for the first time.
    pub(super) first_sent: Option<Instant>,
}

/// What is being done about the lines.
pub(super) enum State {
    /// They wait for their turn to have a call.
    Waiting,
    /// A call failed; the next is begun after a pause.
    Resting(Instant),
    /// They go over this call.
    Calling(Call),
}

/// See the module.
pub(super) struct Lane {
    pub(super) flights: BTreeMap<i64, Flight>,
    pub(super) state: State,
    /// Lines from here on were not sent over this call.
    unsent_from: i64,
    /// The first that failed over this call.
    failed: Option<i64>,
    /// When something was heard, or began to be waited for.
    pub(super) heard_at: Instant,
    /// How the last attempt ended, if nothing went well since.
    pub(super) trouble: Option<Status>,
    pauses: Pauses,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            flights: BTreeMap::new(),
            state: State::Waiting,
            unsent_from: 0,
            failed: None,
            heard_at: Instant::now(),
            trouble: None,
            pauses: Pauses::new(),
        }
    }

    /// Sends everything over a new call.
    pub(super) fn begin(&mut self, call: Call) {
        self.state = State::Calling(call);
        self.unsent_from = 0;
        self.failed = None;
        self.heard_at = Instant::now();
        self.send();
    }

    /// Takes in a line; it is sent as soon as there is a call.
    pub(super) fn push(&mut self, sequence: i64, line: Box<Line>) {
        if self.flights.is_empty() {
            self.heard_at = Instant::now();
        }
        self.flights.insert(sequence, Flight { line, first_sent: None });
        self.send();
    }

    fn send(&mut self) {
        let State::Calling(Call { sender: Some(sender), .. }) = &self.state else { return };
        for (&sequence, flight) in self.flights.range_mut(self.unsent_from..) {
            if sender.send(sequence, flight.line.command.clone()).is_err() {
                // The call is over, as will be heard.
                return;
            }
            flight.first_sent.get_or_insert_with(Instant::now);
            self.unsent_from = sequence + 1;
        }
    }

    /// Takes in an answer. Returns the line that it settles.
    pub(super) fn answered(
        &mut self,
        answer: Answer,
    ) -> Option<(Box<Line>, Result<v1::Receipt, Status>)> {
        self.heard_at = Instant::now();
        let Answer { sequence, outcome } = answer;
        if let Err(status) = &outcome {
            if verdict(status) != Verdict::Answered {
                self.fail(sequence, status.clone());
                return None;
            }
            if self.failed.is_some_and(|failed| failed < sequence) {
                return None;
            }
        }
        let flight = self.flights.remove(&sequence)?;
        if self.failed.is_none() {
            self.trouble = None;
            self.pauses = Pauses::new();
        }
        Some((flight.line, outcome))
    }

    /// A command is to be sent again: nothing more goes over this call, and when what is in hand is answered, it ends.
    fn fail(&mut self, sequence: i64, status: Status) {
        self.failed = Some(self.failed.map_or(sequence, |failed| failed.min(sequence)));
        self.trouble = Some(status);
        if let State::Calling(call) = &mut self.state {
            call.sender = None;
        }
    }

    /// The call is over; what is not settled is sent again after a pause.
    pub(super) fn ended(&mut self, status: Status) {
        let trouble = match self.failed {
            Some(_) => self.trouble.get_or_insert(status),
            None => self.trouble.insert(status),
        };
        let pause = self.pauses.after(trouble);
        self.state = State::Resting(Instant::now() + pause);
    }

    /// Whether answers are due and none came for too long.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.state, State::Calling(_))
            && !self.flights.is_empty()
            && self.heard_at.elapsed() > SILENCE_MAX
    }

    /// The line whose time is up, or will be before it is worth another attempt.
    pub(super) fn overdue(&self, budget: Duration) -> Option<u64> {
        // Nothing before the first one was sent later.
        let first = self.flights.values().next()?;
        let deadline = first.first_sent? + budget;
        let is_overdue = match self.state {
            State::Resting(until) => until + ATTEMPT_MIN >= deadline,
            State::Waiting | State::Calling(_) => Instant::now() >= deadline,
        };
        is_overdue.then_some(first.line.number)
    }

    /// Drops the lines that were never sent; returns how many.
    pub(super) fn drop_unsent(&mut self) -> usize {
        let before = self.flights.len();
        self.flights.retain(|_, flight| flight.first_sent.is_some());
        before - self.flights.len()
    }
}

#[cfg(test)]
mod tests {
    use daybook_proto::v1;

    use super::*;
    use crate::client::Command;

    /// A lane with three lines, sent a moment ago.
    fn lane() -> Lane {
        let mut lane = Lane::new();
        for number in 1..=3 {
            let command = Command::Deposit(v1::DepositRequest::default());
            lane.push(
                number,
                Box::new(Line { number: number.cast_unsigned(), command, actor: None }),
            );
        }
        for flight in lane.flights.values_mut() {
            flight.first_sent = Some(Instant::now());
        }
        lane
    }

    fn answer(lane: &mut Lane, sequence: i64, outcome: Result<v1::Receipt, Status>) -> Option<u64> {
        lane.answered(Answer { sequence, outcome }).map(|(line, _)| line.number)
    }

    fn refused() -> Result<v1::Receipt, Status> {
        Err(Status::failed_precondition("no"))
    }

    #[test]
    fn a_refusal_behind_a_failure_is_not_believed_and_a_receipt_is() {
        let mut lane = lane();
        assert_eq!(answer(&mut lane, 2, Err(Status::unavailable("away"))), None);
        assert_eq!(answer(&mut lane, 1, refused()), Some(1));
        assert_eq!(answer(&mut lane, 3, refused()), None);
        assert_eq!(answer(&mut lane, 3, Ok(v1::Receipt::default())), Some(3));
        assert_eq!(lane.flights.keys().copied().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_line_is_given_up_when_its_time_is_too_short_for_another_attempt() {
        let mut lane = lane();
        for flight in lane.flights.values_mut() {
            flight.first_sent = Some(Instant::now() - Duration::from_secs(50));
        }
        let budget = Duration::from_secs(50) + ATTEMPT_MIN;
        assert_eq!(lane.overdue(budget), None);
        lane.ended(Status::unavailable("gone"));
        assert_eq!(lane.overdue(budget), Some(1));
        assert_eq!(lane.overdue(budget * 2), None);
    }
}
