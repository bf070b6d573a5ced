//! `daybook bench proof`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{fresh_stack, interrupted, print_figures, stack_settings};
use crate::bench::{Machine, ProofEffort, run_proof};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {
    /// A quarter of the events and shorter rounds: two minutes instead of five.
    #[arg(long)]
    quick: bool,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: ProofArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let effort = if args.quick { ProofEffort::quick() } else { ProofEffort::full() };
    let measuring = async {
        let mut stack = fresh_stack(session, stack_settings(&dir)).await?;
        let machine = Machine::look(Some(&stack.admin_url())).await;
        session.printer.say(&machine.describe())?;
        let figures = run_proof(&mut stack, &effort).await;
        stack.stop().await.context("stop the stack")?;
        Ok((machine, figures?))
    };
    let (machine, figures) = tokio::select! {
        measured = measuring => measured,
        () = interrupts.next() => Err(interrupted()),
    }?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    print_figures(session, &machine, &figures, bad)
}
