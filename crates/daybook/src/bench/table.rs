//! The table: what Daybook must reach, measured on a stack of its own, in alternation with the reference.
//!
//! `lines` are the workloads and their targets. All of them are run once before any of them is run again, so that a bad
//! minute of the machine does not fall on one line alone; first with the projector and the read models keeping up, then
//! without. `overload` asks for more than there is, `two_services` shares the log; `import`, `loading` and `memory` are no
//! such loads. What a line reached is a [`Figure`]: a target that is a ratio is judged; absolute ones depend on the machine
//! and are only told.

mod figure;
mod import;
mod lines;
mod loading;
mod memory;
mod overload;
mod rounds;
mod two_services;

pub(crate) use figure::{Figure, Target, Verdict};

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use daybook_stack::{Service, Stack};

use self::lines::Phase;
use super::reference::REFERENCE;
use super::site::Site;
use super::{accounts, prepare};
use crate::failure::Failure;
use crate::output::note;

/// How long a service may take to end.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// How much time is spent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    rounds: u32,
    warm_up: Duration,
    duration: Duration,
    reference: Duration,
    import_lines: u32,
    /// Accounts with a long history.
    long_accounts: u32,
    /// Whether one account gets a million events.
    million: bool,
}

impl Effort {
    /// Five rounds of everything.
    pub(crate) fn full() -> Self {
        Self {
            rounds: 5,
            warm_up: Duration::from_secs(1),
            duration: Duration::from_secs(6),
            reference: Duration::from_secs(4),
            import_lines: 200_000,
            long_accounts: 9,
            million: true,
        }
    }

    /// Enough to see whether something broke.
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 2,
            duration: Duration::from_secs(3),
            reference: Duration::from_secs(3),
            import_lines: 60_000,
            long_accounts: 3,
            million: false,
            ..Self::full()
        }
    }
}

/// Measures all of it.
pub(crate) async fn run(
    stack: &mut Stack,
    dir: &Path,
    effort: Effort,
    budget: Duration,
) -> Result<Vec<Figure>, Failure> {
    let url = stack.postgres.superuser_url("postgres");
    prepare::recycle_wal(&url).await.context("prepare the write-ahead log")?;
    let mut site = Site::of_stack(stack, dir, budget, (REFERENCE.0, effort.reference)).await?;
    accounts::open(&stack.command_url, lines::ACCOUNTS).await?;
    let mut figures = rounds::run(&mut site, Phase::WithProjector, effort).await?;

    note("the projector is stopped; from here on the write side by itself\n");
    stack.projector.terminate(STOP_GRACE).await.context("stop the projector")?;
    site.query = None;
    let mut alone = rounds::run(&mut site, Phase::WithoutProjector, effort).await?;
    alone.append(&mut figures);
    let mut figures = alone;
    figures.push(rounds::one_caller(&mut site, effort).await?);
    figures.push(overload::run(stack, effort).await?);
    figures.append(&mut two_services::run(stack, effort).await?);
    figures.push(import::run(&mut site, effort).await?);
    figures.append(&mut loading::run(stack, effort).await?);
    figures.push(memory::run(stack, effort).await?);
    site.clear().await?;
    Ok(figures)
}

/// Ends the command service and starts it again with nothing in memory.
async fn restart(stack: &mut Stack, flags: &[&str]) -> anyhow::Result<()> {
    stack.command.terminate(STOP_GRACE).await.context("stop the command service")?;
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    stack.set_flags(Service::Command, flags);
    stack.start_again(Service::Command).await.context("start the command service again")
}
