//! How far a verification is, for whoever watches.

use std::time::{Duration, Instant};

use daybook_readmodels::rebuild::{self, Phase};
use tokio::sync::watch;

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// What it is doing: `log`, `streams`, or a phase of comparing read models.
    pub phase: &'static str,
    /// Events that this phase has seen.
    pub events_done: i64,
    /// Events that it will see, about; zero: the phase is not counted in events.
    pub events_total: i64,
    /// When the phase began.
    since: Instant,
}

impl Progress {
    /// Events a second, in this phase.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn events_per_second(&self) -> f64 {
        let seconds = self.since.elapsed().as_secs_f64();
        if seconds > 0.0 { self.events_done as f64 / seconds } else { 0.0 }
    }

    /// How long the phase still takes at that rate.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a time for people")]
    pub fn time_left(&self) -> Option<Duration> {
        let left = self.events_total.saturating_sub(self.events_done).max(0) as f64;
        Duration::try_from_secs_f64(left / self.events_per_second()).ok()
    }
}

/// Tells others how far it is; the last word is always there to be read.
#[derive(Debug)]
pub struct Watch(watch::Sender<Progress>);

impl Watch {
    /// One to tell with, and one to listen to.
    #[must_use]
    pub fn new() -> (Self, watch::Receiver<Progress>) {
        let (phase, since) = ("preparing", Instant::now());
        let (sender, receiver) =
            watch::channel(Progress { phase, events_done: 0, events_total: 0, since });
        (Self(sender), receiver)
    }

    pub(crate) fn enter(&self, phase: &'static str, events_total: i64) {
        let since = Instant::now();
        self.0.send_replace(Progress { phase, events_done: 0, events_total, since });
    }

    pub(crate) fn done(&self, events: usize) {
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        self.0.send_modify(|now| now.events_done = now.events_done.saturating_add(events));
    }

    pub(crate) fn of_rebuild(&self, progress: rebuild::Progress) {
        self.0.send_modify(|now| {
            let phase = progress.phase.as_str();
            if now.phase != phase {
                now.since = Instant::now();
            }
            now.phase = phase;
            now.events_done = progress.events_done;
            // Only the filling is counted in events.
            let filling = progress.phase == Phase::Filling;
            now.events_total = if filling { progress.events_total } else { 0 };
        });
    }
}
