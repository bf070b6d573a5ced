//! What the write side counts. Names begin with `daybook_`, units stand last.

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

/// Handles, made once: counting is then an addition.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) cache_lookups: Counter,
    pub(crate) cache_loads: Counter,
    pub(crate) cache_streams: Gauge,
    pub(crate) cache_bytes: Gauge,
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) replayed: Counter,
    /// Commands refused because too many were in hand.
    pub overloaded: Counter,
    pub(crate) rounds_lost: Counter,
    pub(crate) history_lost: Counter,
    pub(crate) clock_ahead: Counter,
    pub(crate) snapshots_dropped: Counter,
    pub(crate) append_seconds: Histogram,
    pub(crate) append_events: Histogram,
}

impl Metrics {
    /// Describes and makes all of them.
    #[must_use]
    pub fn register() -> Self {
        describe();
        // Counted where it happens, and there from the start.
        for name in ["daybook_clock_clamps_total", "daybook_outbox_dropped_events_total"] {
            counter!(name).increment(0);
        }
        let commands = |outcome| counter!("daybook_commands_total", "outcome" => outcome);
        Self {
            cache_lookups: counter!("daybook_cache_lookups_total"),
            cache_loads: counter!("daybook_cache_loads_total"),
            cache_streams: gauge!("daybook_cache_streams"),
            cache_bytes: gauge!("daybook_cache_bytes"),
            accepted: commands("accepted"),
            refused: commands("refused"),
            replayed: commands("replayed"),
            overloaded: commands("overloaded"),
            rounds_lost: counter!("daybook_rounds_lost_total"),
            history_lost: counter!("daybook_history_lost_total"),
            clock_ahead: counter!("daybook_clock_ahead_total"),
            snapshots_dropped: counter!("daybook_snapshots_dropped_total"),
            append_seconds: histogram!("daybook_append_duration_seconds"),
            append_events: histogram!("daybook_append_events"),
        }
    }
}

fn describe() {
    describe_counter!(
        "daybook_commands_total",
        "Commands by what became of them: accepted, refused by a rule or a version, replayed (had their effect before), \
         overloaded (refused because too many were in hand)"
    );
    describe_counter!(
        "daybook_cache_lookups_total",
        "Streams that decided commands leaned on; less the loads, what the cache had: the hit rate is 1 - loads / lookups"
    );
    describe_counter!(
        "daybook_clock_ahead_total",
        "Batches that were refused because their events would have had a time in the future"
    );
    describe_counter!("daybook_cache_loads_total", "Streams that were asked of the log");
    describe_gauge!("daybook_cache_streams", "Streams in memory");
    describe_gauge!("daybook_cache_bytes", "What they take, in bytes, as --cache-bytes-max counts");
    describe_counter!(
        "daybook_rounds_lost_total",
        "Rounds decided again because another instance had appended"
    );
    describe_counter!(
        "daybook_history_lost_total",
        "Times that the log no longer held what this service had seen committed"
    );
    describe_counter!(
        "daybook_snapshots_dropped_total",
        "Snapshots not written because too many waited"
    );
    describe_counter!(
        "daybook_clock_clamps_total",
        "Appends whose time was held back because the database's clock went back"
    );
    describe_counter!(
        "daybook_outbox_dropped_events_total",
        "Events that Redis did not get; projectors read them from the log"
    );
    describe_histogram!(
        "daybook_append_duration_seconds",
        "From sending a round with events to its certain outcome"
    );
    describe_histogram!("daybook_append_events", "Events of one append");
}
