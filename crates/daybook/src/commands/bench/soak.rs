//! `daybook bench soak`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{fresh_stack, interrupted, stack_settings};
use crate::bench::{Machine, Minute, REFERENCE, Site, grown, open_accounts, run_minute};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;
use crate::output::note;

/// Flags of `bench soak`.
#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// For how long. In the first half caches may still fill.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u32).range(4..=100_000))]
    minutes: u32,

    /// How many accounts are in use.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    accounts: u32,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Puts load on a stack, tells of every minute, and fails when the memory of a service grows or an operation fails.
pub(crate) async fn run(session: &Session, args: SoakArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let stack = tokio::select! {
        stack = fresh_stack(session, stack_settings(&dir)) => stack?,
        () = interrupts.next() => return Err(interrupted()),
    };
    let machine = Machine::look(Some(&stack.admin_url())).await;
    session.printer.say(&machine.describe())?;
    let soaking = async {
        let mut site = Site::of_stack(&stack, &dir, session.globals.budget(), REFERENCE).await?;
        site.clear().await?;
        open_accounts(&site.command_url, args.accounts).await?;
        let mut minutes: Vec<Minute> = Vec::new();
        for number in 1..=args.minutes {
            let minute = run_minute(&mut site, number, args.accounts).await?;
            note(&format!("minute {number} of {}: {:.0}/s\n", args.minutes, minute.round.rate));
            minutes.push(minute);
        }
        Ok(minutes)
    };
    let minutes = tokio::select! {
        minutes = soaking => minutes,
        () = interrupts.next() => Err(interrupted()),
    };
    stack.stop().await.context("stop the stack")?;
    tell(session, &machine, &minutes?)
}

fn tell(session: &Session, machine: &Machine, minutes: &[Minute]) -> Result<(), Failure> {
    let printer = session.printer;
    if printer.json {
        printer.object(&json!({"machine": machine}))?;
    }
    printer.rows(minutes)?;
    let grown = grown(minutes);
    for sentence in &grown {
        printer.say(sentence)?;
    }
    let failed = minutes.iter().any(|minute| !minute.round.failed.is_empty());
    if grown.is_empty() && !failed {
        return Ok(printer.say("\nMemory stayed flat.")?);
    }
    Err(Failure::Reported)
}
