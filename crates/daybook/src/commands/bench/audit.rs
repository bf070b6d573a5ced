//! `daybook bench audit`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{fresh_stack, interrupted, print_figures, stack_settings};
use crate::bench::{AuditEffort, Machine, run_audit};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Events in the log that is searched.
    #[arg(long, value_name = "COUNT", default_value_t = 2_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    events: u64,

    /// Accounts that they are on.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    accounts: u32,

    /// Questions of each kind.
    #[arg(long, value_name = "COUNT", default_value_t = 300)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    questions: u32,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: AuditArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let AuditArgs { events, accounts, questions, data_dir } = args;
    let dir = data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let effort = AuditEffort { events, accounts, questions };
    let measuring = async {
        let mut stack = fresh_stack(session, stack_settings(&dir)).await?;
        let machine = Machine::look(Some(&stack.admin_url())).await;
        session.printer.say(&machine.describe())?;
        let figures = run_audit(&mut stack, &effort).await;
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
