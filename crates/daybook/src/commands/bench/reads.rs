//! `daybook bench reads`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::{fresh_stack, interrupted, print_figures, stack_settings};
use crate::bench::{Machine, ProjectorFigure, ReadsEffort, run_as_of, run_texts};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench reads`.
#[derive(Debug, Args)]
pub(crate) struct ReadsArgs {
    /// A tenth of the events and a fifth of the questions.
    #[arg(long)]
    quick: bool,

    /// Where the stacks are kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: ReadsArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let effort = if args.quick { ReadsEffort::quick() } else { ReadsEffort::full() };
    let (machine, figures) = tokio::select! {
        measured = measure(session, &dir, effort) => measured,
        () = interrupts.next() => Err(interrupted()),
    }?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    print_figures(session, &machine, &figures, bad)
}

/// Plain texts on one stack, sealed ones on the next, so that each has the whole machine.
async fn measure(
    session: &Session,
    dir: &Path,
    effort: ReadsEffort,
) -> Result<(Machine, Vec<ProjectorFigure>), Failure> {
    let stack = fresh_stack(session, stack_settings(dir)).await?;
    let machine = Machine::look(Some(&stack.admin_url())).await;
    session.printer.say(&machine.describe())?;
    let plain = async {
        let mut figures = run_as_of(&stack, effort).await?;
        figures.append(&mut run_texts(&stack, effort, false).await?);
        Ok::<_, Failure>(figures)
    };
    let figures = plain.await;
    stack.stop().await.context("stop the stack")?;
    let mut figures = figures?;

    let mut settings = stack_settings(dir);
    settings.keys = true;
    let stack = fresh_stack(session, settings).await?;
    let sealed = run_texts(&stack, effort, true).await;
    stack.stop().await.context("stop the stack")?;
    figures.append(&mut sealed?);
    Ok((machine, figures))
}
