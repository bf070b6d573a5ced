//! Up to which time events are recorded. Times never decrease with position, so one that lies in the future would date all later
//! events wrongly: nothing is appended after a jump of the database's clock until an operator has accepted it, on record, in the
//! stream of the log's clock.

use std::time::{Duration, Instant};

use daybook_core::clock::{self, ClockEvent};
use daybook_core::event::EventPayload as _;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Batch, Plan};

/// How much the database's clock may be ahead of the service's, unless told otherwise. Far above what synchronised clocks differ
/// by, or a virtual machine that was paused lacks; far below what spoils a day's books.
pub const CLOCK_AHEAD_MAX: Duration = Duration::from_secs(10 * 60);

/// How often a clock that went back is logged, while it is.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// What an appender knows of clocks.
pub(super) struct Clocks {
    ahead_max: Duration,
    /// The latest time that an operator accepted, as far as it had to be asked for.
    accepted_until: Option<OffsetDateTime>,
    went_back_logged_at: Option<Instant>,
}

impl Clocks {
    pub(super) fn new(ahead_max: Duration) -> Self {
        Self { ahead_max, accepted_until: None, went_back_logged_at: None }
    }

    /// The latest time that the events of a plan may have. A plan that accepts one may have that.
    pub(super) fn time_max(&self, plan: &Plan) -> OffsetDateTime {
        let near = OffsetDateTime::now_utc() + self.ahead_max;
        near.max(self.accepted_until.unwrap_or(near)).max(plan.accepts_time.unwrap_or(near))
    }

    /// Asks the log what was accepted. `true`: more than was known.
    pub(super) async fn learn(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<bool, sqlx::Error> {
        let data: Option<String> = sqlx::query_scalar(
            "SELECT data::text FROM log.events WHERE stream_id = $1 ORDER BY version DESC LIMIT 1",
        )
        .bind(clock::stream_id().as_str())
        .fetch_optional(connection)
        .await?;
        let accepted = data.and_then(|data| accepted_time("clock-time-accepted", 1, &data));
        let more = accepted > self.accepted_until;
        self.accepted_until = self.accepted_until.max(accepted);
        Ok(more)
    }

    /// Events carry a time that the clock has not reached (again).
    pub(super) fn note_clamp(&mut self, clamp_seconds: f64) {
        if clamp_seconds <= 1.0 {
            return;
        }
        metrics::counter!("daybook_clock_clamps_total").increment(1);
        if self.went_back_logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
            self.went_back_logged_at = Some(Instant::now());
            tracing::error!(
                clamp_seconds,
                "the clock of PostgreSQL is behind the log's last time; events carry that until it has caught up"
            );
        }
    }
}

/// The time that the events of a batch accept, if they do.
pub(super) fn accepts(batch: &Batch) -> Option<OffsetDateTime> {
    let of_clock = |stream_type: &str| stream_type == clock::STREAM_TYPE;
    batch
        .events
        .iter()
        .filter(|event| of_clock(event.stream_id.stream_type()))
        .filter_map(|event| accepted_time(event.event_type, event.schema_version, event.data.get()))
        .max()
}

fn accepted_time(event_type: &str, schema_version: i32, data: &str) -> Option<OffsetDateTime> {
    let ClockEvent::TimeAccepted(accepted) =
        ClockEvent::decode(event_type, schema_version, data).ok()?;
    Some(accepted.recorded_at)
}
