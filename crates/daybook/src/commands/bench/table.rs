//! `daybook bench table`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use daybook_stack::Stack;
use serde_json::json;

use super::{fresh_stack, interrupted, stack_settings};
use crate::bench::{Effort, Figure, Machine, run_table};
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
    print(session, &machine, &figures?)
}

async fn stop(stack: Stack) -> anyhow::Result<()> {
    stack.stop().await.context("stop the stack")
}

fn print(session: &Session, machine: &Machine, figures: &[Figure]) -> Result<(), Failure> {
    let printer = session.printer;
    if printer.json {
        printer.object(&json!({"machine": machine}))?;
    } else {
        printer.say("")?;
    }
    printer.rows(figures)?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    if bad == 0 {
        return Ok(printer.say("\nEvery ratio is what it must be.")?);
    }
    printer.say(&format!("\n{bad} of {} figures are not what they must be.", figures.len()))?;
    Err(Failure::Reported)
}
