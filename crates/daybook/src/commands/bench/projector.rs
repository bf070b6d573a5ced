//! `daybook bench projector`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{fresh_stack, interrupted, stack_settings};
use crate::bench::{
    Machine, ProjectorEffort, ProjectorFigure, beside, run_many_accounts, run_projector,
};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench projector`.
#[derive(Debug, Args)]
pub(crate) struct ProjectorArgs {
    /// A quarter of the events and one round: two minutes instead of eight.
    #[arg(long)]
    quick: bool,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`. A second one is
    /// kept beside it.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: ProjectorArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let effort = if args.quick { ProjectorEffort::quick() } else { ProjectorEffort::full() };
    let measuring = async {
        let mut stack = fresh_stack(session, stack_settings(&dir)).await?;
        let machine = Machine::look(Some(&stack.admin_url())).await;
        session.printer.say(&machine.describe())?;
        let figures = run_projector(&mut stack, &effort).await;
        stack.stop().await.context("stop the stack")?;
        let mut figures = figures?;
        let mut stack = fresh_stack(session, stack_settings(&beside(&dir))).await?;
        let many = run_many_accounts(&mut stack, &effort).await;
        stack.stop().await.context("stop the stack")?;
        figures.push(many?);
        Ok((machine, figures))
    };
    let (machine, figures) = tokio::select! {
        measured = measuring => measured,
        () = interrupts.next() => Err(interrupted()),
    }?;
    print(session, &machine, &figures)
}

pub(super) fn print(
    session: &Session,
    machine: &Machine,
    figures: &[ProjectorFigure],
) -> Result<(), Failure> {
    let printer = session.printer;
    if printer.json {
        printer.object(&json!({"machine": machine}))?;
    } else {
        printer.say("")?;
    }
    printer.rows(figures)?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    if bad == 0 {
        return Ok(printer.say("\nEvery figure is what it must be.")?);
    }
    printer.say(&format!("\n{bad} of {} figures are not what they must be.", figures.len()))?;
    Err(Failure::Reported)
}
