//! How far a rebuild is, for whoever watches.

use std::time::Duration;

use daybook_core::ids::Position;
use tokio::sync::watch;

/// What a rebuild is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Making the tables.
    #[default]
    Preparing,
    /// Reading the log and filling the tables.
    Filling,
    /// Making keys and indexes.
    Indexing,
    /// Applying what was appended meanwhile.
    CatchingUp,
    /// Comparing with the live generation.
    Verifying,
    /// Taking the live generation's place.
    Swapping,
    /// Done.
    Done,
}

impl Phase {
    /// As it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Filling => "filling",
            Self::Indexing => "indexing",
            Self::CatchingUp => "catching-up",
            Self::Verifying => "verifying",
            Self::Swapping => "swapping",
            Self::Done => "done",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Events of the log that were read and folded.
    pub events_done: i64,
    /// Events of the log that there were when the filling began.
    pub events_total: i64,
    /// Events a second, while filling.
    pub events_per_second: f64,
    /// How long the filling still takes at that rate; indexes and the rest come on top.
    pub time_left: Option<Duration>,
}

/// Tells others how far it is; the last word is always there to be read.
#[derive(Debug)]
pub struct Watch(watch::Sender<Progress>);

impl Watch {
    /// One to tell with, and one to listen to.
    #[must_use]
    pub fn new() -> (Self, watch::Receiver<Progress>) {
        let (sender, receiver) = watch::channel(Progress::default());
        (Self(sender), receiver)
    }

    pub(super) fn now(&self) -> Progress {
        *self.0.borrow()
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.0.send_modify(|progress| progress.phase = phase);
    }

    pub(super) fn filling(&self, from: Position, progress: daybook_eventlog::ReplayProgress) {
        self.0.send_modify(|now| {
            now.phase = Phase::Filling;
            now.events_done = progress.position.get() - from.get();
            now.events_total = progress.head.get() - from.get();
            now.events_per_second = progress.events_per_second;
            now.time_left = progress.time_left;
        });
    }
}
