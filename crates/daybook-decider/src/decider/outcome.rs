//! What becomes of a round, and of those who wait for it.

use std::collections::HashMap;
use std::sync::Arc;

use daybook_core::domain::Domain;
use daybook_core::ids::{CommandId, Position};
use daybook_eventlog::append::Plan;
use daybook_eventlog::command::{KnownCommand, Receipt};
use daybook_eventlog::{Head, Identity, Tip};
use daybook_runtime::trouble::Trouble;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::round::{Decided, Round, Verdict};
use super::{
    AWAY_PAUSE_MAX, AWAY_PAUSE_MIN, Decider, Phase, RETRIES_EXPECTED, TAKES_EXPECTED,
    UNOPPOSED_WINS,
};
use crate::journal::Outcome;
use crate::reach::Reach;
use crate::submission::{Acknowledgement, Answer, Refusal};

type Known = HashMap<CommandId, KnownCommand>;

/// A round that holds, and whose callers do not know it yet.
pub(super) struct ProvenRound<D: Domain> {
    round: Round<D>,
    /// Its events and when they were committed, if it has any.
    committed: Option<(Arc<Plan>, OffsetDateTime)>,
    /// Those of the commands looked up that had their effect before.
    known: Known,
}

impl<D: Domain> Decider<D> {
    /// Goes on from the outcome of a job. A round that is proven by it is still to be announced.
    pub(super) fn conclude(&mut self, outcome: Outcome) -> Option<ProvenRound<D>> {
        let mut proven = None;
        let was_unsettled = self.phase == Phase::Unsettled;
        self.phase = Phase::Idle;
        match outcome {
            Outcome::Unsettled => self.unsettled(),
            Outcome::Connected { head, tip, identity } => self.connected(head, tip, identity),
            Outcome::Locked(catch_up) => {
                self.catch_up(catch_up);
                self.phase = Phase::Locked;
            }
            Outcome::Proven { recorded_at, known } => proven = self.proven(recorded_at, known),
            Outcome::Known(known) => self.known(&known),
            Outcome::HeadMoved => {
                self.metrics.rounds_lost.increment(1);
                self.undo();
                self.caution.wins_needed = UNOPPOSED_WINS;
            }
            Outcome::HistoryLost(tip) => self.history_lost(tip),
            Outcome::VersionTaken(error) => self.version_taken(&error),
            Outcome::Refused(error) => self.refused(&error),
            Outcome::ClockAhead(position, error) => self.clock_ahead(position, &error),
            Outcome::Away { trouble, why } => self.away(trouble, &why),
        }
        if was_unsettled && self.phase == Phase::Idle {
            // The connection was given up for it. What is decided already is sent once there is a new one.
            self.phase = Phase::Away { retry_at: Instant::now() };
        }
        proven
    }

    /// Nothing more is decided until the outcome is known: what waits can still be taken back by its callers.
    fn unsettled(&mut self) {
        self.phase = Phase::Unsettled;
        self.reach.send_replace(Reach::Unsettled);
    }

    /// Nothing is decided until the log takes something again: what waits can still be taken back by its callers.
    fn away(&mut self, trouble: Trouble, why: &str) {
        if let Some(left_out) = self.outage.repeats.note(trouble.cause()) {
            tracing::warn!(repeated = left_out, "the log takes nothing now: {why}");
        }
        // Reading would succeed all the while.
        self.outage.owes_write |=
            matches!(trouble, Trouble::DiskFull | Trouble::ReadOnly | Trouble::ShortOfResources);
        self.undo();
        self.queue.drop_taken_back();
        self.phase = Phase::Away { retry_at: Instant::now() + self.outage.pause };
        self.outage.pause = (self.outage.pause * 2).min(AWAY_PAUSE_MAX);
        self.reach.send_modify(|reach| reach.failed(trouble, why));
    }

    fn connected(&mut self, head: Head, tip: Option<Tip>, identity: Identity) {
        self.outage.pause = AWAY_PAUSE_MIN;
        self.outage.owes_write = false;
        self.known.identity = Some(identity);
        if self.known.head.is_none() {
            tracing::info!(log.position = %head.position, "connected to the log");
            self.known.head = Some(head);
            self.known.tip = tip;
        }
        self.reach.send_replace(Reach::Up);
    }

    /// The round holds: its events are durable, its refusals lean on committed, current states. What is left is to say so,
    /// and that does not have to keep the next round waiting.
    fn proven(
        &mut self,
        recorded_at: Option<OffsetDateTime>,
        known: Known,
    ) -> Option<ProvenRound<D>> {
        let (round, plan) = self.in_flight.take()?;
        let committed = plan.zip(recorded_at);
        self.note_proven(committed.as_ref().map_or(0, |(plan, _)| plan.events.len()));
        if let Some((plan, recorded_at)) = &committed {
            self.known.head = Some(plan.head_after(*recorded_at));
            self.known.tip = plan.tip().or(self.known.tip);
        }
        for stream_id in &round.pins {
            self.cache.unpin(stream_id);
        }
        // Streams that were made came in without a load.
        self.shrink_cache();
        self.caution.relax(self.limits.batch_events_max);
        Some(ProvenRound { round, committed, known })
    }

    fn note_proven(&self, events: usize) {
        if events > 0 {
            self.metrics.append_seconds.record(self.sent_at.elapsed());
            self.metrics.append_events.record(precise(events));
        }
        let (streams, bytes) = self.cache.size();
        self.metrics.cache_streams.set(precise(streams));
        self.metrics.cache_bytes.set(precise(bytes));
    }

    /// Tells the callers of a proven round, and hands its events and states on.
    pub(super) fn announce(&mut self, proven: ProvenRound<D>) {
        let ProvenRound { round, committed, known } = proven;
        let receipts = committed.as_ref().map(|(plan, recorded_at)| plan.receipts(*recorded_at));
        let mut receipts = receipts.into_iter().flatten();
        for decided in round.decided {
            self.answer(decided, &mut receipts, &known);
        }
        self.sinks.write_snapshots(round.snapshots);
        if let Some((plan, recorded_at)) = committed {
            // The journal has answered, so nobody else holds the plan any more.
            let events = Arc::unwrap_or_clone(plan).into_recorded(recorded_at);
            self.sinks.publish(self.known.identity, events);
        }
    }

    fn answer(
        &mut self,
        decided: Decided<D>,
        receipts: &mut impl Iterator<Item = Receipt>,
        known: &Known,
    ) {
        let submission = decided.numbered.submission;
        let answer = match decided.verdict {
            Verdict::Accepted { reason_dropped } => {
                self.refuse_followers(submission.command_id());
                match receipts.next() {
                    Some(receipt) => {
                        let identity = self.known.identity;
                        Ok(Acknowledgement { receipt, replayed: false, reason_dropped, identity })
                    }
                    None => Err(Refusal::Defect("a committed command has no receipt".to_owned())),
                }
            }
            Verdict::Refused(refusal) => match known.get(submission.command_id()) {
                Some(first) => replay(first, &submission.content_hash, self.known.identity),
                None => Err(refusal),
            },
        };
        match &answer {
            Ok(Acknowledgement { replayed: false, .. }) => self.metrics.accepted.increment(1),
            Ok(_) => self.metrics.replayed.increment(1),
            Err(_) => self.metrics.refused.increment(1),
        }
        submission.ticket.answer(answer);
    }

    /// Some of the round's commands had their effect before: they get its receipt, the others are decided again.
    fn known(&mut self, known: &Known) {
        let Some(round) = self.take_in_flight() else { return };
        self.caution.retries_expected = RETRIES_EXPECTED;
        self.undo();
        let mut again = Vec::with_capacity(round.decided.len());
        for decided in round.decided {
            let submission = &decided.numbered.submission;
            match known.get(submission.command_id()) {
                Some(first) => {
                    self.refuse_followers(&submission.command_id().clone());
                    let answer = replay(first, &submission.content_hash, self.known.identity);
                    decided.numbered.submission.ticket.answer(answer);
                }
                None => again.push(decided),
            }
        }
        self.put_back(again);
    }

    /// The first command of this id had its effect: the look-up of the next round gives its followers the same receipt.
    fn refuse_followers(&mut self, command_id: &CommandId) {
        self.accepted_ids.remove(command_id);
        for follower in self.followers.remove(command_id).into_iter().flatten() {
            self.building.refuse(follower, Refusal::CommandIdReused);
        }
    }

    /// Takes the round in flight, which certainly had no effect, and its traces in the cache.
    fn take_in_flight(&mut self) -> Option<Round<D>> {
        let (round, _) = self.in_flight.take()?;
        self.forget(&round);
        Some(round)
    }

    /// Takes back the round in flight, which certainly had no effect, and everything decided after it.
    fn undo(&mut self) {
        if let Some(round) = self.take_in_flight() {
            self.put_back(round.decided);
        }
        let building = std::mem::take(&mut self.building);
        self.forget(&building);
        self.put_back(building.decided);
    }

    /// The states of these streams have seen events that do not exist.
    fn forget(&mut self, round: &Round<D>) {
        for stream_id in &round.pins {
            self.cache.evict(stream_id);
        }
    }

    fn history_lost(&mut self, tip: Tip) {
        tracing::error!(
            log.position = %tip.position, event.id = %tip.event_id,
            "the log lost its tail: it no longer holds an event that this service has seen committed; \
             everything in memory is dropped"
        );
        self.metrics.history_lost.increment(1);
        self.undo();
        self.cache.clear();
        self.loads.taint_all();
        self.known.head = None;
        self.known.tip = None;
        self.phase = Phase::Away { retry_at: Instant::now() };
    }

    /// A stream that was to be made exists: for a while such streams are loaded first, and their commands refused by the
    /// rules. Where none was to be made the states in memory are not what the log has, and the culprit is looked for.
    fn version_taken(&mut self, error: &str) {
        let makes_streams = self.in_flight.as_ref().is_some_and(|(round, _)| round.makes_streams);
        if !makes_streams {
            return self.refused(error);
        }
        tracing::debug!(%error, "a stream that was to be made exists");
        self.caution.takes_expected = TAKES_EXPECTED;
        self.undo();
    }

    /// Nothing is appended before an operator has acted: waiting callers are told at once. What was decided after the round
    /// is decided again, and an acceptance among it goes in.
    fn clock_ahead(&mut self, position: Position, error: &str) {
        let Some(round) = self.take_in_flight() else { return };
        self.undo();
        self.metrics.clock_ahead.increment(1);
        if let Some(left_out) = self.clock_ahead_lines.note("clock") {
            tracing::error!(%error, left_out, log.position = %position, "the log's clock is ahead");
        }
        for decided in round.decided {
            let submission = decided.numbered.submission;
            self.put_back_followers(submission.command_id());
            submission
                .ticket
                .answer(Err(Refusal::ClockAhead { position, error: error.to_owned() }));
        }
    }

    /// PostgreSQL refuses something in the batch: smaller and smaller batches find the culprit, and it alone is refused.
    fn refused(&mut self, error: &str) {
        let accepted = self.in_flight.as_ref().map_or(0, |(round, _)| {
            round.decided.iter().filter(|d| matches!(d.verdict, Verdict::Accepted { .. })).count()
        });
        tracing::error!(%error, commands = accepted, "PostgreSQL refuses a batch");
        if accepted > 1 {
            self.undo();
            self.caution.probation = Some(accepted / 2);
            return;
        }
        let Some(mut round) = self.take_in_flight() else { return };
        let culprit =
            round.decided.iter().position(|d| matches!(d.verdict, Verdict::Accepted { .. }));
        let culprit = culprit.map(|index| round.decided.remove(index).numbered.submission);
        self.put_back(round.decided);
        self.undo();
        if let Some(culprit) = culprit {
            // Its followers are commands of their own now, and will be refused on their own.
            self.put_back_followers(culprit.command_id());
            culprit.ticket.answer(Err(Refusal::Defect(error.to_owned())));
        }
    }
}

/// As metrics have it.
fn precise(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nothing here comes near 2^52")]
    let count = count as f64;
    count
}

/// The first receipt, if the command is the one that got it.
fn replay<R>(
    first: &KnownCommand,
    content_hash: &[u8; 32],
    identity: Option<Identity>,
) -> Answer<R> {
    if first.content_hash == content_hash {
        Ok(Acknowledgement {
            receipt: first.receipt.clone(),
            replayed: true,
            reason_dropped: false,
            identity,
        })
    } else {
        Err(Refusal::CommandIdReused)
    }
}
