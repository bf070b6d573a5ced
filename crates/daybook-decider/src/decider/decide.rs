//! Deciding: from the queue into the round that is being built.

use std::sync::Arc;

use daybook_core::domain::{Context, Domain};
use daybook_core::event::{EventPayload as _, NewEvent, PAYLOAD_BYTES_MAX};
use daybook_core::ids::{Actor, Version};
use daybook_core::metadata::Metadata;
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;
use daybook_eventlog::append::NewCommand;
use daybook_eventlog::snapshot::mark;
use serde_json::value::{RawValue, to_raw_value};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::Decider;
use super::queue::Numbered;
use super::round::{Decided, SnapshotState, Verdict};
use super::seal::Setback;
use crate::submission::{Refusal, Submission};

/// What an accepted command will do, before any state is touched.
struct Decision<E> {
    events: Vec<(StreamId, E)>,
    /// The same as texts, ready to be appended.
    new_events: Vec<NewEvent>,
    /// Size of the texts.
    bytes: usize,
    /// The reason that was given is not among them.
    reason_dropped: bool,
}

impl<D: Domain> Decider<D> {
    /// Decides, in order, every command that can be decided now.
    pub(super) fn decide_ready(&mut self) {
        while !self.is_round_full() {
            let Some(next) = self.queue.pop() else { return };
            self.consider(next);
        }
    }

    fn is_round_full(&self) -> bool {
        let batch = &self.building.batch;
        self.building.decided.len() >= self.limits.batch_events_max
            || batch.events.len() >= self.limits.batch_events_max
            || self.building.bytes >= self.limits.batch_bytes_max
            || self
                .caution
                .probation
                .is_some_and(|commands_max| batch.commands.len() >= commands_max)
    }

    /// Decides a command, or sets it aside until its streams are there. A stream that it makes is not waited for: as far as
    /// anybody knows it does not exist, and the append refuses the batch if it does.
    fn consider(&mut self, numbered: Numbered<D>) {
        let command = &numbered.submission.command;
        let streams = self.domain.streams(command, &self.cache);
        let made = self.domain.makes(command).filter(|stream_id| {
            self.caution.takes_expected == 0
                && !self.cache.contains(stream_id)
                && !self.loads.is_expected(stream_id)
        });
        let mut is_blocked = false;
        for stream_id in &streams {
            if !self.cache.contains(stream_id) && made.as_ref() != Some(stream_id) {
                self.loads.want(stream_id);
                is_blocked = true;
            }
            is_blocked |= self.queue.is_claimed(stream_id);
        }
        if is_blocked {
            self.queue.block(numbered, streams);
        } else {
            self.decide(numbered, streams, made);
        }
    }

    /// `made`: the stream that the command makes, if the log was not asked for it.
    fn decide(
        &mut self,
        mut numbered: Numbered<D>,
        streams: Vec<StreamId>,
        made: Option<StreamId>,
    ) {
        if let Err(subject) = self.key_hash(&mut numbered.submission) {
            return self.wait_for_key(numbered, streams, subject);
        }
        let submission = &numbered.submission;
        if submission.deadline <= Instant::now() {
            // Not in hand yet, so it certainly has no effect, and nothing has to be proven for that.
            return numbered.submission.ticket.answer(Err(Refusal::TooLate));
        }
        if self.accepted_ids.contains(submission.command_id()) {
            return self.follow(numbered);
        }
        if !submission.ticket.take_in_hand() {
            return;
        }
        self.metrics.cache_lookups.increment(streams.len() as u64);
        match (self.judge(submission, &streams), made) {
            (Ok(decision), made) => {
                if let Some(stream_id) = made {
                    self.cache.insert(stream_id, Version::ZERO, None);
                    self.building.makes_streams = true;
                }
                self.accept(numbered, decision);
            }
            (Err(Setback::NeedsKey(subject)), _) => {
                submission.ticket.put_back();
                self.wait_for_key(numbered, streams, subject);
            }
            // A refusal proves nothing about a stream that nobody asked for; it must not lean on that (G12).
            (Err(Setback::Refused(_)), Some(stream_id)) => {
                submission.ticket.put_back();
                self.loads.want(&stream_id);
                self.queue.block(numbered, streams);
            }
            (Err(Setback::Refused(refusal)), None) => self.building.refuse(numbered, refusal),
        }
    }

    /// Sets a command aside until a key is there.
    fn wait_for_key(&mut self, numbered: Numbered<D>, streams: Vec<StreamId>, subject: SubjectId) {
        self.keyring.want(subject);
        self.queue.block(numbered, streams);
    }

    /// What the rules say, with the events as texts. Touches no state.
    fn judge(
        &self,
        submission: &Submission<D>,
        streams: &[StreamId],
    ) -> Result<Decision<D::Event>, Setback<D::Rejection>> {
        if let Some(first) = streams.first() {
            let actual = self.cache.version(first);
            if !submission.expected_version.holds(actual) {
                let expected = submission.expected_version;
                let stream_id = first.clone();
                return Err(Refusal::WrongVersion { stream_id, expected, actual }.into());
            }
        }
        let actor: &Actor = &submission.metadata.actor;
        let context = Context { actor, now: OffsetDateTime::now_utc() };
        let mut events = self
            .domain
            .decide(&submission.command, &self.cache, context)
            .map_err(Refusal::Rejected)?;
        let metadata = self.seal(submission, &mut events)?;
        let metadata = metadata.as_ref().unwrap_or(&submission.metadata);
        Ok(self.encode(metadata, events).map_err(Refusal::Defect)?)
    }

    fn encode(
        &self,
        metadata: &Metadata,
        events: Vec<(StreamId, D::Event)>,
    ) -> Result<Decision<D::Event>, String> {
        if events.is_empty() {
            return Err("the domain accepted a command without recording anything".to_owned());
        }
        let reason_dropped = metadata.reason == Some(Personal::Erased);
        let metadata: Arc<RawValue> = to_raw_value(metadata)
            .map_err(|error| format!("metadata cannot be written: {error}"))?
            .into();
        let mut new_events = Vec::with_capacity(events.len());
        let mut bytes = 0;
        for (index, (stream_id, event)) in events.iter().enumerate() {
            let data = event
                .encode()
                .map_err(|error| format!("`{}` cannot be written: {error}", event.event_type()))?;
            if data.get().len() > PAYLOAD_BYTES_MAX || metadata.get().len() > PAYLOAD_BYTES_MAX {
                return Err(format!(
                    "`{}` is larger than {PAYLOAD_BYTES_MAX} bytes",
                    event.event_type()
                ));
            }
            // Versions count on from the cache, over the events of this command on the same stream.
            let earlier =
                events[..index].iter().filter(|(earlier, _)| earlier == stream_id).count();
            let version = (0..=earlier).fold(self.cache.version(stream_id), |v, _| v.next());
            bytes += data.get().len() + metadata.get().len();
            new_events.push(NewEvent {
                stream_id: stream_id.clone(),
                version,
                event_type: event.event_type(),
                schema_version: event.schema_version(),
                event_id: daybook_runtime::ids::time_ordered(),
                data,
                metadata: Arc::clone(&metadata),
            });
        }
        Ok(Decision { events, new_events, bytes, reason_dropped })
    }

    /// Lets the command have its effect in memory, and puts its events into the batch.
    fn accept(&mut self, numbered: Numbered<D>, decision: Decision<D::Event>) {
        let Decision { events, new_events, bytes, reason_dropped } = decision;
        let mut touched: Vec<(StreamId, Version)> = Vec::with_capacity(events.len());
        for (stream_id, event) in &events {
            let before = self.cache.version(stream_id);
            self.cache.evolve(stream_id, |state| self.domain.evolve(stream_id, state, event));
            if !touched.iter().any(|(known, _)| known == stream_id) {
                touched.push((stream_id.clone(), before));
            }
        }
        for (stream_id, before) in touched {
            let of_stream = |event: &&NewEvent| event.stream_id == stream_id;
            if let Some(last) = new_events.iter().rev().find(of_stream) {
                self.snapshot_if_due(last, before);
            }
            self.cache.pin(&stream_id);
            self.building.pins.push(stream_id);
        }
        let submission = &numbered.submission;
        self.accepted_ids.insert(submission.command_id().clone());
        self.building.batch.commands.push(NewCommand {
            command_id: submission.command_id().clone(),
            content_hash: submission.content_hash,
            event_count: new_events.len(),
        });
        self.building.bytes += bytes;
        self.building.batch.events.extend(new_events);
        self.building
            .decided
            .push(Decided { numbered, verdict: Verdict::Accepted { reason_dropped } });
    }

    /// Copies the state when deciding crosses a multiple of `snapshot_every` or a mark. It is written only after its last
    /// event has committed.
    fn snapshot_if_due(&mut self, last: &NewEvent, before: Version) {
        let every = self.limits.snapshot_every;
        let NewEvent { stream_id, version, event_id, .. } = last;
        if every == 0 {
            return;
        }
        let is_kept = mark(*version) > before;
        if before.get() / every == version.get() / every && !is_kept {
            return;
        }
        if let Some(state) = daybook_core::domain::States::state(&self.cache, stream_id) {
            self.building.snapshots.push(SnapshotState {
                stream_id: stream_id.clone(),
                version: *version,
                event_id: *event_id,
                state: state.clone(),
                is_kept,
            });
        }
    }
}
