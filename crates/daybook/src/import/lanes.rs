//! The calls over which lines are sent, one for each actor, as a call names one actor for all its commands.
//!
//! Guarantees: the lines of one actor go over one call at a time, in the order in which they were handed in; a line is
//! reported once, when it is settled. Bounded: the lines in flight, the open calls (a further actor gets the call that was
//! idle the longest, or waits for one), and the time in which a line must be settled. That no line overtakes one of
//! another actor is for `order` to see to.

mod call;
mod lane;

use std::collections::{HashMap, VecDeque};

use daybook_proto::v1;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

pub(super) use self::call::Heard;
use self::call::{Call, What};
use self::lane::{Lane, State};
use super::line::Line;
use crate::client::{Actor, CommandClient, Verdict, verdict};

/// Calls that are open at a time.
const CALLS_MAX: usize = 16;

/// What is heard and not looked at yet.
const HEARD_MAX: usize = 256;

/// A line that has its answer.
pub(super) struct Settled {
    pub(super) line: Box<Line>,
    pub(super) outcome: Result<v1::Receipt, Status>,
}

/// A line that got no answer in time.
pub(super) struct Unanswered {
    pub(super) line: u64,
    /// How the last attempt ended.
    pub(super) last: Status,
}

/// See the module.
pub(super) struct Lanes {
    client: CommandClient,
    in_flight_max: usize,
    in_flight: usize,
    /// The actors with lines that are not settled, or with an open call.
    lanes: HashMap<Actor, Lane>,
    /// Those that wait for a call.
    waiting: VecDeque<Actor>,
    /// Open calls.
    open: usize,
    next_sequence: i64,
    next_call: u64,
    sender: mpsc::Sender<Heard>,
    heard: mpsc::Receiver<Heard>,
}

impl Lanes {
    pub(super) fn new(client: CommandClient, in_flight_max: usize) -> Self {
        let (sender, heard) = mpsc::channel(HEARD_MAX);
        Self {
            client,
            in_flight_max,
            in_flight: 0,
            lanes: HashMap::new(),
            waiting: VecDeque::new(),
            open: 0,
            next_sequence: 0,
            next_call: 0,
            sender,
            heard,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_flight == 0
    }

    pub(super) fn has_room(&self) -> bool {
        self.in_flight < self.in_flight_max
    }

    /// Sends a line as `actor`, after all that were sent before as the same.
    pub(super) fn send(&mut self, actor: Actor, line: Box<Line>) {
        let waiting = &mut self.waiting;
        let lane = self.lanes.entry(actor).or_insert_with_key(|actor| {
            waiting.push_back(actor.clone());
            Lane::new()
        });
        lane.push(self.next_sequence, line);
        self.next_sequence += 1;
        self.in_flight += 1;
        self.open_waiting();
    }

    /// Waits for something to be heard, and puts it into `heard`. May be dropped while it waits, without losing anything.
    pub(super) async fn listen(&mut self, heard: &mut Vec<Heard>) {
        self.heard.recv_many(heard, HEARD_MAX).await;
    }

    /// What follows from something that was heard: lines that are settled by it.
    pub(super) fn take_in(&mut self, heard: Heard) -> Vec<Settled> {
        let Heard { actor, call, what } = heard;
        let Some(lane) = self.lanes.get_mut(&actor) else { return Vec::new() };
        if !matches!(&lane.state, State::Calling(current) if current.number == call) {
            // Of a call that was let go.
            return Vec::new();
        }
        let settled: Vec<Settled> = match what {
            What::Answer(answer) => {
                let settled = lane.answered(answer);
                settled.map(|(line, outcome)| Settled { line, outcome }).into_iter().collect()
            }
            What::NotTaken(status) if verdict(&status) == Verdict::Answered => {
                self.open -= 1;
                refuse_all(lane, &status)
            }
            What::NotTaken(status) | What::Ended(status) => {
                self.open -= 1;
                lane.ended(status);
                Vec::new()
            }
        };
        self.in_flight -= settled.len();
        self.tidy(&actor);
        self.open_waiting();
        settled
    }

    /// Does what is due by time; to be called often. Returns a line whose time is up; what was in flight behind it is
    /// given up with it.
    pub(super) fn tick(&mut self) -> Option<Unanswered> {
        for (actor, lane) in &mut self.lanes {
            if lane.is_silent() {
                self.open -= 1;
                lane.ended(Status::cancelled("no answer in time"));
            }
            if matches!(lane.state, State::Resting(until) if until <= Instant::now()) {
                lane.state = State::Waiting;
                self.waiting.push_back(actor.clone());
            }
        }
        let unanswered = self.give_up_overdue();
        self.open_waiting();
        unanswered
    }

    /// Drops every line that was never sent.
    pub(super) fn drop_unsent(&mut self) {
        for lane in self.lanes.values_mut() {
            self.in_flight -= lane.drop_unsent();
        }
    }

    fn give_up_overdue(&mut self) -> Option<Unanswered> {
        let budget = self.client.budget();
        let (actor, line) = self
            .lanes
            .iter()
            .find_map(|(actor, lane)| Some((actor.clone(), lane.overdue(budget)?)))?;
        let lane = self.remove(&actor)?;
        self.in_flight -= lane.flights.len();
        let last = lane.trouble.unwrap_or_else(|| Status::cancelled("no answer in time"));
        Some(Unanswered { line, last })
    }

    /// Begins calls for those that wait, as far as there may be more.
    fn open_waiting(&mut self) {
        while !self.waiting.is_empty() && (self.open < CALLS_MAX || self.close_idlest()) {
            let Some(actor) = self.waiting.pop_front() else { return };
            let Some(lane) = self.lanes.get_mut(&actor) else { continue };
            let (number, sender) = (self.next_call, self.sender.clone());
            self.next_call += 1;
            self.open += 1;
            lane.begin(Call::begin(&self.client, actor, number, self.in_flight_max, sender));
        }
    }

    /// Ends the call over which nothing is due for the longest time; `false` where each has something to do.
    fn close_idlest(&mut self) -> bool {
        let idle = self.lanes.iter().filter(|(_, lane)| lane.flights.is_empty());
        let idlest = idle.min_by_key(|(_, lane)| lane.heard_at).map(|(actor, _)| actor.clone());
        idlest.is_some_and(|actor| self.remove(&actor).is_some())
    }

    /// Forgets an actor who has neither lines nor an open call.
    fn tidy(&mut self, actor: &Actor) {
        let is_over =
            |lane: &Lane| lane.flights.is_empty() && !matches!(lane.state, State::Calling(_));
        if self.lanes.get(actor).is_some_and(is_over) {
            self.remove(actor);
        }
    }

    fn remove(&mut self, actor: &Actor) -> Option<Lane> {
        let lane = self.lanes.remove(actor)?;
        self.open -= usize::from(matches!(lane.state, State::Calling(_)));
        self.waiting.retain(|waiting| waiting != actor);
        Some(lane)
    }
}

/// The service refused the call, and so every command of it.
fn refuse_all(lane: &mut Lane, status: &Status) -> Vec<Settled> {
    lane.state = State::Waiting;
    let flights = std::mem::take(&mut lane.flights).into_values();
    flights.map(|flight| Settled { line: flight.line, outcome: Err(status.clone()) }).collect()
}
