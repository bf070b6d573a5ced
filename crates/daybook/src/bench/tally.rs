//! Counts what became of the operations, and how long they took.
//!
//! An operation belongs to a round when it was due in the round's window: its latency is recorded, however late it is
//! answered. The rate counts what was answered within the window, whenever it was due. Refusals and failures are counted
//! by their reason and are in neither.

use std::collections::BTreeMap;
use std::time::Instant;

use hdrhistogram::Histogram;
use serde::Serialize;
use tonic::{Code, Status};

use super::pace::Window;
use crate::client::reason_of;

/// Longest latency told apart, in microseconds: two minutes, more than any operation is waited for.
const LATENCY_MAX_US: u64 = 120_000_000;

/// Latencies are kept to three significant digits.
const DIGITS: u8 = 3;

/// What a connection's operations came to.
#[derive(Debug)]
pub(crate) struct Tally {
    window: Window,
    /// Latencies in microseconds.
    pub(crate) latencies: Histogram<u64>,
    /// Operations that were answered within the window.
    pub(crate) done: u64,
    /// Highest position of a receipt.
    pub(crate) position: i64,
    /// Operations begun and not answered.
    pub(crate) open: u64,
    /// Refused: the service's own answer. By reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Everything else that is no success. By reason.
    pub(crate) failed: BTreeMap<String, u64>,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new(window: Window) -> Self {
        Self {
            window,
            latencies: empty_histogram(),
            done: 0,
            position: 0,
            open: 0,
            refused: BTreeMap::new(),
            failed: BTreeMap::new(),
        }
    }

    /// An operation was begun.
    pub(crate) fn begin(&mut self) {
        self.open += 1;
    }

    /// An operation that was due at `due` has been answered in whole; `position` is that of its last receipt.
    pub(crate) fn finish(&mut self, due: Instant, position: i64) {
        let now = Instant::now();
        self.open -= 1;
        self.position = self.position.max(position);
        if self.window.holds(now) {
            self.done += 1;
        }
        if self.window.holds(due) {
            let latency = now.saturating_duration_since(due).as_micros();
            self.latencies.saturating_record(u64::try_from(latency).unwrap_or(u64::MAX).max(1));
        }
    }

    /// One of its commands was refused or failed.
    pub(crate) fn problem(&mut self, status: &Status) {
        self.open -= 1;
        let reason = match reason_of(status) {
            empty if empty.is_empty() => format!("{:?}", status.code()),
            reason => reason,
        };
        let counts = if is_refusal(status) { &mut self.refused } else { &mut self.failed };
        *counts.entry(reason).or_default() += 1;
    }

    /// Adds another connection's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("both have the same range");
        self.done += other.done;
        self.open += other.open;
        self.position = self.position.max(other.position);
        for (mine, others) in
            [(&mut self.refused, &other.refused), (&mut self.failed, &other.failed)]
        {
            for (reason, count) in others {
                *mine.entry(reason.clone()).or_default() += count;
            }
        }
    }
}

/// An answer that says no, rather than none.
fn is_refusal(status: &Status) -> bool {
    let says_no = matches!(
        status.code(),
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::DeadlineExceeded
    );
    says_no && !reason_of(status).is_empty()
}

/// For latencies in microseconds.
pub(crate) fn empty_histogram() -> Histogram<u64> {
    Histogram::new_with_max(LATENCY_MAX_US, DIGITS).expect("the range is a constant that is valid")
}

/// What of a distribution is shown, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Latencies {
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
}

impl Latencies {
    /// Of a histogram in microseconds.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            p50_ms: quantile_ms(histogram, 0.5),
            p90_ms: quantile_ms(histogram, 0.9),
            p99_ms: quantile_ms(histogram, 0.99),
            p999_ms: quantile_ms(histogram, 0.999),
            max_ms: milliseconds(histogram.max()),
        }
    }
}

/// A quantile from 0 to 1, in milliseconds.
pub(crate) fn quantile_ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    milliseconds(histogram.value_at_quantile(quantile).min(histogram.max()))
}

fn milliseconds(microseconds: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "two minutes in microseconds are below 2^52")]
    let microseconds = microseconds as f64;
    microseconds / 1000.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn latency_counts_from_when_the_call_was_due() {
        let now = Instant::now();
        let start = now - Duration::from_secs(2);
        let mut tally =
            Tally::new(Window::new(start, Duration::from_secs(1), Duration::from_secs(10)));
        for due_before in [1500, 900, 100] {
            tally.begin();
            tally.finish(now - Duration::from_millis(due_before), 7);
        }
        assert_eq!((tally.done, tally.open, tally.position), (3, 0, 7));
        // The first was due in the warm-up.
        assert_eq!(tally.latencies.len(), 2);
        let latencies = Latencies::of(&tally.latencies);
        assert!((899.0..1000.0).contains(&latencies.max_ms), "{latencies:?}");
        assert!((99.0..200.0).contains(&latencies.p50_ms), "{latencies:?}");
    }

    #[test]
    fn what_is_no_success_is_counted_by_its_reason() {
        let mut tally = Tally::new(Window::new(Instant::now(), Duration::ZERO, Duration::MAX / 4));
        for _ in 0..3 {
            tally.begin();
        }
        tally.problem(&Status::unavailable("gone"));
        tally.problem(&Status::resource_exhausted("by the transport"));
        assert_eq!(tally.open, 1);
        assert_eq!(tally.failed["Unavailable"], 1);
        assert_eq!(tally.failed["ResourceExhausted"], 1);
        assert!(tally.refused.is_empty());
    }
}
