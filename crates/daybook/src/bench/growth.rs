//! Whether appending stays as fast while the log grows, and while another session keeps an old snapshot open.
//!
//! The log is filled over streams. At even distances the usual load is measured, against the reference of the same
//! minute, whose table stays small. In the end the same is measured while a transaction of somebody else holds on to an
//! old view of the database, so that no dead version of the head can be cleaned away.

use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use sqlx::{Connection, Executor, PgConnection};

use super::report::{Round, median};
use super::site::Site;
use super::workload::Workload;
use super::{Choice, Load, Mode, load, prepare};
use crate::failure::Failure;
use crate::output::{Row, note};

/// How far to go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GrowthEffort {
    /// Events in the end.
    pub(crate) events: u64,
    /// Places on the way at which it is measured.
    pub(crate) points: u32,
    /// Rounds at each.
    pub(crate) rounds: u32,
    /// Accounts.
    pub(crate) accounts: u32,
}

/// What was measured at one place.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Growth {
    /// Events in the log.
    pub(crate) events: i64,
    /// Whether somebody kept an old snapshot open, and for how long before it was measured.
    pub(crate) snapshot_held_seconds: Option<u64>,
    /// Medians.
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) reference: f64,
    pub(crate) ratio: f64,
}

/// Fills and measures; without a projector. `database_url`: of the log.
pub(crate) async fn run(
    site: &mut Site,
    effort: GrowthEffort,
    database_url: &str,
) -> Result<Vec<Growth>, Failure> {
    prepare::recycle_wal(database_url).await.context("prepare the write-ahead log")?;
    let usual = Load {
        callers: 64,
        connections: 8,
        mode: Mode::Unary,
        rate: None,
        workload: Workload::Deposits,
        accounts: effort.accounts,
        choice: Choice::Uniform,
        warm_up: Duration::from_secs(1),
        duration: Duration::from_secs(6),
        seed: 1,
    };
    let (mut position, first) = measure(site, &usual, effort.rounds, None).await?;
    let mut rows = vec![first];
    for point in 1..=effort.points {
        let target = effort.events * u64::from(point) / u64::from(effort.points);
        fill(site, &usual, position, i64::try_from(target).unwrap_or(i64::MAX)).await?;
        let (reached, row) = measure(site, &usual, effort.rounds, None).await?;
        position = reached;
        rows.push(row);
    }
    let mut holder = PgConnection::connect(database_url).await.context("connect to the log")?;
    for statement in [
        "SET idle_in_transaction_session_timeout = 0",
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "SELECT count(*) FROM pg_class",
    ] {
        holder.execute(statement).await.context("keep a snapshot open")?;
    }
    // Half a minute of load leaves the head as many dead versions as it will ever be looked up through.
    let held = Load { duration: Duration::from_secs(30), ..usual.clone() };
    load::run(&site.command_url, &held).await?;
    rows.push(measure(site, &usual, effort.rounds, Some(30)).await?.1);
    holder.execute("ROLLBACK").await.context("let the snapshot go")?;
    holder.close().await.context("close the connection")?;
    Ok(rows)
}

/// Appends until the log is so long.
async fn fill(site: &Site, usual: &Load, mut position: i64, target: i64) -> Result<(), Failure> {
    let load = Load {
        callers: 1024,
        mode: Mode::Streaming,
        duration: Duration::from_secs(10),
        ..usual.clone()
    };
    while position < target {
        let outcome = load::run(&site.command_url, &load).await?;
        if outcome.tally.position <= position {
            return Err(anyhow::anyhow!("the log does not grow: {:?}", outcome.tally.failed).into());
        }
        position = outcome.tally.position;
        note(&format!("{position} of {target} events, {:.0}/s\n", outcome.rate));
    }
    Ok(())
}

async fn measure(
    site: &mut Site,
    load: &Load,
    count: u32,
    snapshot_held_seconds: Option<u64>,
) -> Result<(i64, Growth), Failure> {
    let mut rounds: Vec<Round> = Vec::new();
    for number in 1..=count {
        rounds.push(site.round(load, number).await?.0);
    }
    let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let events = rounds.last().map_or(0, |round| round.position);
    let row = Growth {
        events,
        snapshot_held_seconds,
        rate: of(|r| r.rate),
        p50_ms: of(|r| r.latencies.p50_ms),
        p99_ms: of(|r| r.latencies.p99_ms),
        reference: of(|r| r.reference.as_ref().map_or(0.0, |reference| reference.rate)),
        ratio: of(|r| r.ratio().unwrap_or(0.0)),
    };
    note(&format!("at {events} events: {:.0}/s, {:.2} of the reference\n", row.rate, row.ratio));
    Ok((events, row))
}

impl Row for Growth {
    const COLUMNS: &'static [&'static str] =
        &[">events", "old snapshot", ">rate/s", ">p50 ms", ">p99 ms", ">reference/s", ">ratio"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.events.to_string(),
            self.snapshot_held_seconds.map_or_else(String::new, |s| format!("open for {s} s")),
            format!("{:.0}", self.rate),
            format!("{:.2}", self.p50_ms),
            format!("{:.2}", self.p99_ms),
            format!("{:.0}", self.reference),
            format!("{:.2}", self.ratio),
        ]
    }
}
