//! What the prover measures: how much nobody has signed yet, and for how long nothing was signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use daybook_runtime::metrics::{Measure, whole};
use metrics::{Gauge, describe_gauge, gauge};
use time::OffsetDateTime;

/// Handles, made once.
#[derive(Clone)]
pub(crate) struct Metrics {
    unsigned_events: Gauge,
    /// When the last checkpoint was signed, in seconds since 1970; zero: not known yet.
    signed_at: Arc<AtomicI64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        describe_gauge!(
            "daybook_prover_unsigned_events",
            "Events of the log that no checkpoint covers yet"
        );
        describe_gauge!(
            "daybook_prover_checkpoint_age_seconds",
            "Since the last checkpoint was signed; grows while nothing is recorded too; NaN: none is known"
        );
        let unsigned_events = gauge!("daybook_prover_unsigned_events");
        Self { unsigned_events, signed_at: Arc::default() }
    }

    /// So many events have no checkpoint.
    pub(crate) fn unsigned(&self, events: u64) {
        self.unsigned_events.set(whole(events));
    }

    /// A checkpoint was signed then.
    pub(crate) fn signed_at(&self, time: OffsetDateTime) {
        self.signed_at.store(time.unix_timestamp(), Ordering::Relaxed);
    }

    /// The age of the last checkpoint, when somebody asks.
    pub(crate) fn age(&self) -> Measure {
        let (signed_at, age) =
            (Arc::clone(&self.signed_at), gauge!("daybook_prover_checkpoint_age_seconds"));
        Box::new(move || {
            let seconds = match signed_at.load(Ordering::Relaxed) {
                0 => f64::NAN,
                at => whole(OffsetDateTime::now_utc().unix_timestamp().saturating_sub(at).max(0)),
            };
            age.set(seconds);
        })
    }
}
