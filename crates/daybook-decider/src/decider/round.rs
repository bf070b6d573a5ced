//! A round: everything decided since the last one was sent. It is proven as a whole, by appending its events behind a
//! compare-and-set of the head, or, where it has none, by finding the head where it was.
//!
//! Nothing in a round is answered before it is proven (G12): an acceptance needs its events durable, and a refusal leans
//! on states that may be uncommitted, or stale if another instance appended.

use daybook_core::domain::Domain;
use daybook_core::ids::{CommandId, Version};
use daybook_core::stream::StreamId;
use daybook_eventlog::append::Batch;
use uuid::Uuid;

use super::queue::Numbered;
use crate::submission::Refusal;

/// What was decided about one command.
pub(super) enum Verdict<R> {
    /// Its events are in the batch.
    Accepted {
        /// Without the reason that was given.
        reason_dropped: bool,
    },
    /// It has no effect, if its id had none before and the states that it leaned on hold.
    Refused(Refusal<R>),
}

/// A decided command.
pub(super) struct Decided<D: Domain> {
    pub(super) numbered: Numbered<D>,
    pub(super) verdict: Verdict<D::Rejection>,
}

/// A state to be written as a snapshot once its version is committed.
pub(crate) struct SnapshotState<S> {
    pub(crate) stream_id: StreamId,
    pub(crate) version: Version,
    /// The event of that version.
    pub(crate) event_id: Uuid,
    pub(crate) state: S,
    /// Whether the stream has passed a mark with it.
    pub(crate) is_kept: bool,
}

/// Everything decided since the last round was sent, in order.
pub(super) struct Round<D: Domain> {
    pub(super) decided: Vec<Decided<D>>,
    /// Commands and events of the accepted ones.
    pub(super) batch: Batch,
    /// Size of the batch's texts.
    pub(super) bytes: usize,
    /// The streams pinned for it in the cache, once for each time.
    pub(super) pins: Vec<StreamId>,
    pub(super) snapshots: Vec<SnapshotState<D::State>>,
    /// A stream is made in it that was not asked for in the log: the append shows whether it exists.
    pub(super) makes_streams: bool,
}

impl<D: Domain> Default for Round<D> {
    fn default() -> Self {
        Self {
            decided: Vec::new(),
            batch: Batch::default(),
            bytes: 0,
            pins: Vec::new(),
            snapshots: Vec::new(),
            makes_streams: false,
        }
    }
}

impl<D: Domain> Round<D> {
    pub(super) fn is_empty(&self) -> bool {
        self.decided.is_empty()
    }

    pub(super) fn refuse(&mut self, numbered: Numbered<D>, refusal: Refusal<D::Rejection>) {
        self.decided.push(Decided { numbered, verdict: Verdict::Refused(refusal) });
    }

    /// Ids that must be looked up before the round is answered: the caller gave them, and each may be the retry of a
    /// command that had its effect. For refused commands always; accepted ones show as retries when the append fails on
    /// their id, and are looked up only where that is to be expected.
    pub(super) fn may_be_retries(&self, accepted_too: bool) -> Vec<CommandId> {
        self.decided
            .iter()
            .filter(|decided| accepted_too || matches!(decided.verdict, Verdict::Refused(_)))
            .map(|decided| &decided.numbered.submission)
            .filter(|submission| submission.may_be_retry)
            .map(|submission| submission.command_id().clone())
            .collect()
    }
}
