//! When a call begins: as soon as the caller's last one is answered (closed loop), or when a clock says so (open loop).
//!
//! In an open loop every call has a time at which it is due, whether or not there is a caller free to send it then, and
//! its latency counts from that time: a service that stalls for a second has made a thousand calls late, not one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// What is measured: calls that are due within this time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

impl Window {
    /// Begins after a warm-up.
    pub(crate) fn new(start: Instant, warm_up: Duration, duration: Duration) -> Self {
        let from = start + warm_up;
        Self { from, until: from + duration }
    }

    /// Whether this moment lies in it.
    pub(crate) fn holds(&self, at: Instant) -> bool {
        (self.from..self.until).contains(&at)
    }
}

/// Tells callers when to begin the next call.
#[derive(Debug, Clone)]
pub(crate) enum Pace {
    /// At once, until the window ends.
    Closed(Window),
    /// When it is due.
    Open(Arc<Schedule>),
}

impl Pace {
    /// Waits for the next call's time and gives it; `None` when there is nothing more to do.
    pub(crate) async fn next(&self) -> Option<Instant> {
        match self {
            Self::Closed(window) => Some(Instant::now()).filter(|now| *now < window.until),
            Self::Open(schedule) => schedule.next().await,
        }
    }

    /// The same where nobody can wait: `None` also when no call is due yet.
    pub(crate) fn next_if_due(&self) -> Option<Instant> {
        match self {
            Self::Closed(window) => Some(Instant::now()).filter(|now| *now < window.until),
            Self::Open(schedule) => schedule.next_if_due(),
        }
    }

    /// Calls that were due and that nobody was free to begin.
    pub(crate) fn never_begun(&self) -> u64 {
        match self {
            Self::Closed(_) => 0,
            Self::Open(schedule) => {
                schedule.calls.saturating_sub(schedule.taken.load(Ordering::Relaxed))
            }
        }
    }
}

/// Calls at even distances.
#[derive(Debug)]
pub(crate) struct Schedule {
    start: Instant,
    rate: f64,
    calls: u64,
    /// One permit for each call that is due.
    due: Semaphore,
    taken: AtomicU64,
}

impl Schedule {
    /// Begins now, and ends with the window. `callers` is how many will ask.
    pub(crate) fn begin(rate: f64, window: Window, callers: usize) -> std::io::Result<Arc<Self>> {
        let start = Instant::now();
        let seconds = window.until.saturating_duration_since(start).as_secs_f64();
        let (due, taken) = (Semaphore::new(0), AtomicU64::new(0));
        let schedule = Arc::new(Self { start, rate, calls: whole(seconds * rate), due, taken });
        let released = Arc::downgrade(&schedule);
        // A thread, because tokio's timers tick in milliseconds, which here would be latency.
        std::thread::Builder::new()
            .name("bench-pace".to_owned())
            .spawn(move || release(&released, callers))?;
        Ok(schedule)
    }

    async fn next(&self) -> Option<Instant> {
        self.due.acquire().await.ok()?.forget();
        self.take()
    }

    fn next_if_due(&self) -> Option<Instant> {
        self.due.try_acquire().ok()?.forget();
        self.take()
    }

    fn take(&self) -> Option<Instant> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        (number < self.calls).then(|| self.time_of(number))
    }

    fn time_of(&self, number: u64) -> Instant {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 calls are made in a run")]
        let number = number as f64;
        self.start + Duration::from_secs_f64(number / self.rate)
    }
}

/// Releases every call at its time, and in the end one more a caller, so that each learns that it is over.
fn release(schedule: &Weak<Schedule>, callers: usize) {
    let mut released = 0;
    loop {
        let Some(schedule) = schedule.upgrade() else { return };
        let elapsed = schedule.start.elapsed().as_secs_f64();
        let due = whole(elapsed * schedule.rate).saturating_add(1).min(schedule.calls);
        schedule.due.add_permits(usize::try_from(due - released).unwrap_or(usize::MAX));
        released = due;
        if released == schedule.calls {
            schedule.due.add_permits(callers);
            return;
        }
        let next = schedule.time_of(released);
        drop(schedule);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the fraction is to go; `as` saturates"
    )]
    let whole = number as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn in_an_open_loop_calls_are_due_at_even_distances_whoever_takes_them() {
        let start = Instant::now();
        let window = Window::new(start, Duration::ZERO, Duration::from_millis(100));
        let pace = Pace::Open(Schedule::begin(500.0, window, 1).unwrap());
        let mut due = Vec::new();
        while let Some(at) = pace.next().await {
            assert!(at <= Instant::now(), "a call began before it was due");
            due.push(at);
        }
        assert!((49..=50).contains(&due.len()), "{}", due.len());
        for pair in due.windows(2) {
            let distance = (pair[1] - pair[0]).as_secs_f64();
            assert!((0.001_99..0.002_01).contains(&distance), "{distance}");
        }
    }

    #[tokio::test]
    async fn a_closed_loop_ends_with_its_window() {
        let window = Window::new(Instant::now(), Duration::ZERO, Duration::from_millis(5));
        let pace = Pace::Closed(window);
        assert!(pace.next().await.is_some());
        tokio::time::sleep(Duration::from_millis(6)).await;
        assert!(pace.next().await.is_none());
    }
}
