//! How far the projections are and where they have stopped, looked at every few seconds: for metrics, and for
//! `daybook.projections` of health. Every instance says it of all projections, also of those that others run: whichever one
//! is asked, a partition that has stopped is seen.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use daybook_core::ids::Position;
use daybook_eventlog::{Backlog, LogReader};
use daybook_runtime::health::Health;
use daybook_runtime::metrics::whole;
use metrics::{describe_gauge, gauge};
use sqlx::PgPool;

/// Between two looks. Where projections lag, a look reads up to 100,000 events of the log.
const INTERVAL: Duration = Duration::from_secs(5);

/// How soon it is looked again while nothing could be seen, as at the start.
const RETRY: Duration = Duration::from_millis(500);

/// Its name in health.
const PART: &str = "projections";

/// Causes that are shown also where nothing has stopped.
const CAUSES: [&str; 2] = ["poison", "history"];

#[derive(sqlx::FromRow)]
struct Row {
    projection: String,
    partition: i16,
    position: i64,
    stopped_cause: Option<String>,
}

/// One projection.
#[derive(Debug, Default, PartialEq)]
struct Progress {
    /// By partition; one that was not begun is at zero.
    applied: Vec<Position>,
    /// Partitions that have stopped, by cause.
    stopped: BTreeMap<String, usize>,
}

/// Looks again and again, until it is aborted.
pub(crate) async fn run(log: LogReader, read: PgPool, health: Health) {
    describe();
    health.set_part(PART, false).await;
    loop {
        let looked = look(&log, &read).await;
        if let Ok(anything_stopped) = &looked {
            health.set_part(PART, !anything_stopped).await;
        }
        tokio::time::sleep(if looked.is_ok() { INTERVAL } else { RETRY }).await;
    }
}

fn describe() {
    describe_gauge!(
        "daybook_projection_lag_events",
        "Events of the log that a projection has not applied, over all partitions"
    );
    describe_gauge!(
        "daybook_projection_lag_seconds",
        "How long ago the oldest of these was recorded; 0: none is missing"
    );
    describe_gauge!(
        "daybook_projection_stopped_partitions",
        "Partitions in which a projection has stopped, by cause"
    );
}

/// One look; whether anything has stopped.
async fn look(log: &LogReader, read: &PgPool) -> anyhow::Result<bool> {
    // Before the head: the head is then at or past every checkpoint.
    let rows: Vec<Row> =
        sqlx::query_as(include_str!("queries/read_progress.sql")).fetch_all(read).await?;
    let head = log.head().await?;
    let mut known: HashMap<Vec<Position>, Lag> = HashMap::new();
    let mut anything_stopped = false;
    for (projection, progress) in by_projection(rows, head.partition_positions.len()) {
        let lags =
            progress.applied.iter().zip(&head.partition_positions).any(|(at, last)| at < last);
        let lag = match known.get(&progress.applied) {
            _ if !lags => Lag::default(),
            // Most projections are at the same place.
            Some(lag) => *lag,
            None => Lag::of(&log.backlog(&progress.applied).await?),
        };
        gauge!("daybook_projection_lag_events", "projection" => projection.clone())
            .set(whole(lag.events));
        gauge!("daybook_projection_lag_seconds", "projection" => projection.clone())
            .set(lag.seconds);
        known.insert(progress.applied, lag);
        for (cause, partitions) in progress.stopped {
            anything_stopped |= partitions > 0;
            let labels = [("projection", projection.clone()), ("cause", cause)];
            gauge!("daybook_projection_stopped_partitions", &labels).set(whole(partitions));
        }
    }
    Ok(anything_stopped)
}

/// What one projection has not applied.
#[derive(Clone, Copy, Default)]
struct Lag {
    events: i64,
    seconds: f64,
}

impl Lag {
    fn of(backlogs: &[Backlog]) -> Self {
        Self {
            events: backlogs.iter().map(|one| one.events).fold(0, i64::saturating_add),
            seconds: backlogs.iter().map(|one| one.oldest_age_seconds).fold(0.0, f64::max),
        }
    }
}

fn by_projection(rows: Vec<Row>, partition_count: usize) -> BTreeMap<String, Progress> {
    let mut projections: BTreeMap<String, Progress> = BTreeMap::new();
    for row in rows {
        let progress = projections.entry(row.projection).or_insert_with(|| Progress {
            applied: vec![Position::ZERO; partition_count],
            // At zero, so that one that was mended does not stay as it was.
            stopped: CAUSES.iter().map(|cause| ((*cause).to_owned(), 0)).collect(),
        });
        let place = usize::try_from(row.partition).ok().and_then(|p| progress.applied.get_mut(p));
        if let Some(place) = place {
            *place = Position::new(row.position).unwrap_or_default();
        }
        if let Some(cause) = row.stopped_cause {
            *progress.stopped.entry(cause).or_default() += 1;
        }
    }
    projections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopped_partitions_are_counted_by_cause_and_what_was_not_begun_is_at_zero() {
        let row = |partition, position, cause: Option<&str>| Row {
            projection: "accounts".to_owned(),
            partition,
            position,
            stopped_cause: cause.map(str::to_owned),
        };
        let rows = vec![row(0, 7, None), row(2, 5, Some("poison")), row(3, 4, Some("poison"))];
        let projections = by_projection(rows, 4);
        let at = |position| Position::new(position).unwrap();
        let expected = Progress {
            applied: vec![at(7), at(0), at(5), at(4)],
            stopped: [("history".to_owned(), 0), ("poison".to_owned(), 2)].into(),
        };
        assert_eq!(projections, [("accounts".to_owned(), expected)].into());
    }
}
