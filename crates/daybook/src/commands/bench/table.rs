//! `daybook bench table`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use daybook_stack::Stack;

use super::{fresh_stack, interrupted, print_figures, stack_settings};
use crate::bench::{Effort, Machine, run_table};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench table`.
#[derive(Debug, Args)]
pub(crate) struct TableArgs {
    /// Fewer and shorter rounds: five minutes instead of twenty.
    #[arg(long)]
    quick: bool,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures everything that has a target, and fails when a ratio is not what it must be.
pub(crate) async fn run(session: &Session, args: TableArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let mut stack = tokio::select! {
        stack = fresh_stack(session, stack_settings(&dir)) => stack?,
        () = interrupts.next() => return Err(interrupted()),
    };
    let machine = Machine::look(Some(&stack.admin_url())).await;
    session.printer.say(&machine.describe())?;
    let effort = if args.quick { Effort::quick() } else { Effort::full() };
    let figures = tokio::select! {
        figures = run_table(&mut stack, &dir, effort, session.globals.budget()) => figures,
        () = interrupts.next() => Err(interrupted()),
    };
    stop(stack).await?;
    let figures = figures?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    print_figures(session, &machine, &figures, bad)
}

async fn stop(stack: Stack) -> anyhow::Result<()> {
    stack.stop().await.context("stop the stack")
}
