//! How fast read models are: built anew from the whole log, drained from a backlog in Redis, and how late they are.
//!
//! `filler` makes a log of any length, with events that fold. `rebuilds` measures `daybook rebuild`, a process of its own
//! so that its memory is its own; `limits` what it is to be compared with; `live` the projector beside the command service.

pub(super) mod filler;
mod limits;
mod live;
pub(super) mod rebuilds;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use daybook_stack::{Service, Stack};
use serde::Serialize;

use super::prepare;
use super::table::{Target, Verdict};
use crate::failure::Failure;
use crate::output::{Row, note};
pub(super) use filler::Filler;
pub(super) use rebuilds::in_thousands;

/// How long a service may take to end.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct ProjectorEffort {
    /// Events in the log at which everything is rebuilt; the one in the middle is judged.
    pub(crate) lengths: [u64; 3],
    /// Accounts that they are on.
    pub(crate) accounts: u32,
    /// Rounds of each rebuild on these lengths; of those of many accounts there is one.
    pub(crate) rounds: u32,
    /// Accounts of the log that shows what many need.
    pub(crate) many_accounts: u32,
    /// Messages in the backlog that is drained.
    pub(crate) backlog: u32,
    /// For how long the lag is measured.
    pub(crate) lag_seconds: u64,
}

impl ProjectorEffort {
    pub(crate) fn full() -> Self {
        Self {
            lengths: [500_000, 2_000_000, 8_000_000],
            accounts: 100_000,
            rounds: 3,
            many_accounts: 1_000_000,
            backlog: 60_000,
            lag_seconds: 20,
        }
    }

    pub(crate) fn quick() -> Self {
        Self {
            lengths: [125_000, 500_000, 1_000_000],
            accounts: 25_000,
            rounds: 1,
            many_accounts: 250_000,
            backlog: 40_000,
            lag_seconds: 8,
        }
    }
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProjectorFigure {
    what: String,
    measured: String,
    must: String,
    aim: String,
    verdict: Verdict,
}

impl ProjectorFigure {
    pub(super) fn told(what: impl Into<String>, measured: String) -> Self {
        let (must, aim) = (String::new(), String::new());
        Self { what: what.into(), measured, must, aim, verdict: Verdict::Told }
    }

    pub(super) fn judged(
        what: impl Into<String>,
        measured: String,
        value: f64,
        target: Target,
        unit: &str,
    ) -> Self {
        let (sign, must, aim) = match target {
            Target::AtLeast { must, aim } => ("≥", must, aim),
            Target::AtMost { must, aim } => ("≤", must, aim),
            Target::None => return Self::told(what, measured),
        };
        let verdict = target.judge(value);
        let in_words = |number: f64| format!("{sign} {number}{unit}");
        Self { what: what.into(), measured, must: in_words(must), aim: in_words(aim), verdict }
    }

    /// Whether it is not what it must be.
    pub(crate) fn is_bad(&self) -> bool {
        self.verdict == Verdict::Missed
    }
}

impl Row for ProjectorFigure {
    const COLUMNS: &'static [&'static str] = &["what", "measured", "must", "aim", ""];

    fn cells(&self) -> Vec<String> {
        let verdict = self.verdict.in_words().to_owned();
        let cells = [&self.what, &self.measured, &self.must, &self.aim, &verdict];
        cells.into_iter().cloned().collect()
    }
}

/// Measures all of it on two stacks with empty logs, of which the other one gets a log of the usual length only.
pub(crate) async fn run(
    stack: &mut Stack,
    other: &mut Stack,
    effort: &ProjectorEffort,
) -> Result<Vec<ProjectorFigure>, Failure> {
    for stack in [&mut *stack, &mut *other] {
        let url = stack.admin_url();
        prepare::recycle_wal(&url).await.context("prepare the write-ahead log")?;
        stop_services(stack).await?;
    }
    let url = stack.admin_url();
    let mut figures = Vec::new();
    let [short, usual, long] = effort.lengths;
    let mut filler = Filler::new(&url, effort.accounts, 1).await?;
    filler.fill_to(short).await?;
    let first = rebuilds::measure(stack, effort.rounds, rebuilds::BOOKS).await?;
    figures.push(first.figure("the books", short, effort.accounts, Target::None));

    filler.fill_to(usual).await?;
    figures.extend(limits::measure(&url, usual).await?);
    let judged = rebuilds::measure(stack, effort.rounds, rebuilds::BOOKS).await?;
    figures.push(judged.figure("the books", usual, effort.accounts, rebuilds::target(usual)));
    let all = rebuilds::measure(stack, effort.rounds, &[]).await?;
    figures.push(all.figure("all", usual, effort.accounts, rebuilds::target(usual)));
    figures.extend(live::measure(stack, effort).await?);
    stop_services(stack).await?;

    filler.go_on().await?;
    filler.fill_to(long).await?;
    Filler::new(&other.admin_url(), effort.accounts, 1).await?.fill_to(usual).await?;
    let pairs = rebuilds::pairs([(usual, other), (long, stack)], effort.rounds).await?;
    figures.push(pairs.long.figure("the books", long, effort.accounts, Target::None));
    figures.push(pairs.growth());
    figures.push(rebuilds::memory(&[&first, &judged, &pairs.long]));
    figures.push(rebuilds::memory_growth(&pairs.short, &pairs.long));
    Ok(figures)
}

/// Rebuilds alone, while the log grows to each of the lengths.
pub(crate) async fn run_rebuilds(
    stack: &mut Stack,
    lengths: &[u64],
    accounts: u32,
    rounds: u32,
) -> Result<Vec<ProjectorFigure>, Failure> {
    let url = stack.admin_url();
    prepare::recycle_wal(&url).await.context("prepare the write-ahead log")?;
    stop_services(stack).await?;
    let mut filler = Filler::new(&url, accounts, 1).await?;
    let (mut figures, mut measured) = (Vec::new(), Vec::new());
    for &events in lengths {
        filler.fill_to(events).await?;
        let rebuilds = rebuilds::measure(stack, rounds, rebuilds::BOOKS).await?;
        figures.push(rebuilds.figure("the books", events, accounts, rebuilds::target(events)));
        measured.push(rebuilds);
    }
    figures.push(rebuilds::memory(&measured.iter().collect::<Vec<_>>()));
    if let [.., short, long] = &*measured {
        figures.push(rebuilds::memory_growth(short, long));
    }
    Ok(figures)
}

/// What a log with many more accounts needs, on a stack of its own.
pub(crate) async fn run_many_accounts(
    stack: &mut Stack,
    effort: &ProjectorEffort,
) -> Result<ProjectorFigure, Failure> {
    stop_services(stack).await?;
    let mut filler = Filler::new(&stack.admin_url(), effort.many_accounts, 2).await?;
    let [_, usual, _] = effort.lengths;
    filler.fill_to(usual).await?;
    let many = rebuilds::measure(stack, 1, rebuilds::BOOKS).await?;
    Ok(many.figure("the books", usual, effort.many_accounts, Target::None))
}

pub(super) async fn stop_services(stack: &mut Stack) -> anyhow::Result<()> {
    for service in [&mut stack.command, &mut stack.projector, &mut stack.query] {
        if service.pid().is_some() {
            service.terminate(STOP_GRACE).await.context("stop a service")?;
        }
    }
    Ok(())
}

pub(super) async fn start_services(stack: &mut Stack) -> anyhow::Result<()> {
    for service in Service::ALL {
        stack.start_again(service).await.with_context(|| format!("start {}", service.program()))?;
    }
    Ok(())
}

/// Where the other stack is kept, beside the first one's.
pub(crate) fn beside(dir: &Path) -> std::path::PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push("-beside");
    dir.with_file_name(name)
}

pub(super) fn tell(sentence: &str) {
    note(&format!("{sentence}\n"));
}
