//! A command on its way through the decider, and the answer that its caller waits for.
//!
//! **A command's fate is always certain or said to be unknown.** Caller and decider share one [`Stage`]: a caller whose
//! deadline passes takes a waiting command back, and then it is not applied; one that the decider has taken in hand can no
//! longer be taken back, and completes whether or not anybody still waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use daybook_core::domain::Domain;
use daybook_core::ids::{CommandId, Position, Version};
use daybook_core::metadata::Metadata;
use daybook_core::stream::{ExpectedVersion, StreamId};
use daybook_core::subject::SubjectId;
use daybook_eventlog::Identity;
use daybook_eventlog::command::Receipt;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::places::Place;

/// A command with everything that its decision and its events need.
pub struct Submission<D: Domain> {
    /// What is asked for.
    pub command: D::Command,
    /// What the stream named first must stand at.
    pub expected_version: ExpectedVersion,
    /// Who asks, why, in whose course; recorded with every event.
    pub metadata: Metadata,
    /// Whether the caller gave the command id: only then may it have been sent before.
    pub may_be_retry: bool,
    /// SHA-256 over command, expected version and actor.
    pub content_hash: [u8; 32],
    /// Whether it is keyed with the subject's key by now, as one over personal text has to be before it is stored.
    pub is_hash_keyed: bool,
    /// Past it, an undecided command is refused unapplied.
    pub deadline: Instant,
    /// The way back to the caller.
    pub ticket: Ticket<D::Rejection>,
}

impl<D: Domain> Submission<D> {
    /// The command's id.
    pub fn command_id(&self) -> &CommandId {
        &self.metadata.command_id
    }
}

/// What the caller gets.
pub type Answer<R> = Result<Acknowledgement, Refusal<R>>;

/// A committed effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Where the events are.
    pub receipt: Receipt,
    /// Whether the effect is an earlier one of the same command id.
    pub replayed: bool,
    /// Whether a reason was given and recorded as erased, because its subject was forgotten.
    pub reason_dropped: bool,
    /// Which history of which log.
    pub identity: Option<Identity>,
}

/// Why a command has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal<R> {
    /// A rule of the domain.
    Rejected(R),
    /// The expected version does not hold.
    WrongVersion {
        /// Which stream.
        stream_id: StreamId,
        /// What the caller believed.
        expected: ExpectedVersion,
        /// Where it stands.
        actual: Version,
    },
    /// The command id had an effect with another content or of another actor.
    CommandIdReused,
    /// It brings personal text of somebody who was forgotten.
    SubjectForgotten(SubjectId),
    /// The log's time lies in the future, after this event; why and what to do.
    ClockAhead {
        /// The last event.
        position: Position,
        /// Why, and what to do.
        error: String,
    },
    /// The deadline passed before it was decided.
    TooLate,
    /// It could not be recorded; the cause is in the log of this service.
    Defect(String),
}

/// Whose turn a command is.
#[derive(Debug, Clone, Default)]
pub struct Stage(Arc<AtomicU8>);

const WAITING: u8 = 0;
const IN_HAND: u8 = 1;
const TAKEN_BACK: u8 = 2;

impl Stage {
    /// For the caller: takes the command back. `false`: it is in hand, and its fate is open.
    pub fn take_back(&self) -> bool {
        self.0.compare_exchange(WAITING, TAKEN_BACK, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// For the decider: takes the command in hand. `false`: the caller took it back.
    fn take_in_hand(&self) -> bool {
        self.0.compare_exchange(WAITING, IN_HAND, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// For the decider: it certainly had no effect, and is to be decided again.
    fn put_back(&self) {
        self.0.store(WAITING, Ordering::Release);
    }
}

/// The way back to the caller; holds the command's place among those in hand until it is answered.
pub struct Ticket<R> {
    reply: oneshot::Sender<Answer<R>>,
    stage: Stage,
    _place: Place,
}

impl<R> Ticket<R> {
    /// A ticket that occupies `place`, and what the caller keeps of it.
    pub fn new(place: Place) -> (Self, oneshot::Receiver<Answer<R>>, Stage) {
        let (reply, answer) = oneshot::channel();
        let stage = Stage::default();
        (Self { reply, stage: stage.clone(), _place: place }, answer, stage)
    }

    /// See [`Stage`]. A command whose caller is gone before it is decided counts as taken back.
    pub fn take_in_hand(&self) -> bool {
        !self.reply.is_closed() && self.stage.take_in_hand()
    }

    /// Whether the caller took the command back, or is gone while it waits.
    pub fn is_taken_back(&self) -> bool {
        match self.stage.0.load(Ordering::Acquire) {
            TAKEN_BACK => true,
            WAITING => self.reply.is_closed(),
            _ => false,
        }
    }

    /// See [`Stage`].
    pub fn put_back(&self) {
        self.stage.put_back();
    }

    /// Answers. Nobody may be listening any more: the effect stands all the same.
    pub fn answer(self, answer: Answer<R>) {
        let _gone = self.reply.send(answer);
    }
}
