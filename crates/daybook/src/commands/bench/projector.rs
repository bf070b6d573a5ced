//! `daybook bench projector`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{fresh_stack, interrupted, print_figures, stack_settings};
use crate::bench::{
    Machine, ProjectorEffort, ProjectorFigure, beside, run_many_accounts, run_projector,
    run_rebuilds,
};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench projector`.
#[derive(Debug, Args)]
pub(crate) struct ProjectorArgs {
    /// A quarter of the events and one round: two minutes instead of eight or more.
    #[arg(long)]
    quick: bool,

    /// Measure nothing but rebuilds, of a log with this many events; may be given more than once, in rising order.
    #[arg(long, value_name = "COUNT", conflicts_with = "quick")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    events: Vec<u64>,

    /// With --events: how many accounts they are on.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, requires = "events")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    accounts: u32,

    /// With --events: rebuilds at each length, of which the median counts.
    #[arg(long, value_name = "COUNT", default_value_t = 1, requires = "events")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`. A second one, in
    /// DIR-beside, is thrown away too.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: ProjectorArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let measuring = async {
        if args.events.is_empty() {
            everything(session, &args).await
        } else {
            rebuilds(session, &args).await
        }
    };
    let (machine, figures) = tokio::select! {
        measured = measuring => measured,
        () = interrupts.next() => Err(interrupted()),
    }?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    print_figures(session, &machine, &figures, bad)
}

impl ProjectorArgs {
    fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| daybook_stack::default_data_dir("bench"))
    }
}

async fn everything(
    session: &Session,
    args: &ProjectorArgs,
) -> Result<(Machine, Vec<ProjectorFigure>), Failure> {
    let dir = args.data_dir();
    let effort = if args.quick { ProjectorEffort::quick() } else { ProjectorEffort::full() };
    let mut settings = stack_settings(&dir);
    // The lag is read from it.
    settings.postgres.overrides.push(("track_commit_timestamp".to_owned(), "on".to_owned()));
    let mut stack = fresh_stack(session, settings).await?;
    let machine = Machine::look(Some(&stack.admin_url())).await;
    session.printer.say(&machine.describe())?;
    let mut other = fresh_stack(session, stack_settings(&beside(&dir))).await?;
    let figures = run_projector(&mut stack, &mut other, &effort).await;
    for stack in [stack, other] {
        stack.stop().await.context("stop the stack")?;
    }
    let mut figures = figures?;
    let mut stack = fresh_stack(session, stack_settings(&beside(&dir))).await?;
    let many = run_many_accounts(&mut stack, &effort).await;
    stack.stop().await.context("stop the stack")?;
    figures.push(many?);
    Ok((machine, figures))
}

async fn rebuilds(
    session: &Session,
    args: &ProjectorArgs,
) -> Result<(Machine, Vec<ProjectorFigure>), Failure> {
    if !args.events.is_sorted() {
        return Err(Failure::Usage(
            "--events: a log only grows; give the counts in rising order".to_owned(),
        ));
    }
    let mut stack = fresh_stack(session, stack_settings(&args.data_dir())).await?;
    let machine = Machine::look(Some(&stack.admin_url())).await;
    session.printer.say(&machine.describe())?;
    let figures = run_rebuilds(&mut stack, &args.events, args.accounts, args.rounds).await;
    stack.stop().await.context("stop the stack")?;
    Ok((machine, figures?))
}
