//! The commands that are not decided yet, in the order in which they came.
//!
//! A command whose streams are still loading holds back later commands on these streams, and no others: it claims them.

use std::collections::{HashSet, VecDeque};

use daybook_core::domain::Domain;
use daybook_core::stream::StreamId;

use crate::submission::Submission;

/// A command with its place in the order of arrival.
pub(super) struct Numbered<D: Domain> {
    pub(super) number: u64,
    pub(super) submission: Submission<D>,
}

/// See the module.
pub(super) struct Queue<D: Domain> {
    next_number: u64,
    /// To be looked at next, in order.
    ready: VecDeque<Numbered<D>>,
    /// Waiting for streams to be loaded.
    blocked: Vec<(Numbered<D>, Vec<StreamId>)>,
    /// The streams that blocked commands wait for or would change.
    claims: HashSet<StreamId>,
}

impl<D: Domain> Queue<D> {
    pub(super) fn new() -> Self {
        Self { next_number: 0, ready: VecDeque::new(), blocked: Vec::new(), claims: HashSet::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.blocked.is_empty()
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Gives a command that has just come its place in the order.
    pub(super) fn number(&mut self, submission: Submission<D>) -> Numbered<D> {
        let number = self.next_number;
        self.next_number += 1;
        Numbered { number, submission }
    }

    /// Takes in a command that has just come.
    pub(super) fn push(&mut self, numbered: Numbered<D>) {
        self.ready.push_back(numbered);
    }

    /// The commands that are to be looked at.
    pub(super) fn ready(&self) -> impl Iterator<Item = &D::Command> {
        self.ready.iter().map(|numbered| &numbered.submission.command)
    }

    /// The next command to look at.
    pub(super) fn pop(&mut self) -> Option<Numbered<D>> {
        self.ready.pop_front()
    }

    pub(super) fn is_claimed(&self, stream_id: &StreamId) -> bool {
        self.claims.contains(stream_id)
    }

    /// Sets a command aside until its streams are there.
    pub(super) fn block(&mut self, numbered: Numbered<D>, streams: Vec<StreamId>) {
        self.claims.extend(streams.iter().cloned());
        self.blocked.push((numbered, streams));
    }

    /// Takes out the commands that wait for a stream which will not come.
    pub(super) fn take_waiting_for(
        &mut self,
        stream_id: &StreamId,
    ) -> impl Iterator<Item = Submission<D>> {
        self.blocked
            .extract_if(.., |(_, streams)| streams.contains(stream_id))
            .map(|(numbered, _)| numbered.submission)
    }

    /// Streams arrived: every blocked command is to be looked at again, before whatever came later.
    pub(super) fn unblock(&mut self) {
        self.put_back(Vec::new());
    }

    /// Lets go of commands that their callers took back.
    pub(super) fn drop_taken_back(&mut self) {
        self.ready.retain(|numbered| !numbered.submission.ticket.is_taken_back());
        self.blocked.retain(|(numbered, _)| !numbered.submission.ticket.is_taken_back());
        // Nobody may go on waiting for streams that they claimed.
        self.unblock();
    }

    /// Commands that are to be decided again go back to their old places.
    pub(super) fn put_back(&mut self, commands: Vec<Numbered<D>>) {
        self.claims.clear();
        if commands.is_empty() && self.blocked.is_empty() {
            return;
        }
        let unblocked = self.blocked.drain(..).map(|(numbered, _)| numbered);
        self.ready.extend(unblocked.chain(commands));
        self.ready.make_contiguous().sort_unstable_by_key(|numbered| numbered.number);
    }
}
