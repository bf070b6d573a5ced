//! `daybook bench growth`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{STOP_GRACE, fresh_stack, interrupted, stack_settings};
use crate::bench::{GrowthEffort, Machine, REFERENCE, Site, open_accounts, run_growth};
use crate::commands::{Interrupts, Session};
use crate::failure::Failure;

/// Flags of `bench growth`.
#[derive(Debug, Args)]
pub(crate) struct GrowthArgs {
    /// How many events the log has in the end. Each takes about 700 bytes on the disk.
    #[arg(long, value_name = "COUNT", default_value_t = 20_000_000)]
    events: u64,

    /// At how many places on the way it is measured.
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    points: u32,

    /// How many rounds at each.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,

    /// How many accounts the events are on.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    accounts: u32,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Fills a log and measures on the way.
pub(crate) async fn run(session: &Session, args: GrowthArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let mut stack = tokio::select! {
        stack = fresh_stack(session, stack_settings(&dir)) => stack?,
        () = interrupts.next() => return Err(interrupted()),
    };
    let url = stack.admin_url();
    let machine = Machine::look(Some(&url)).await;
    session.printer.say(&machine.describe())?;
    let effort = GrowthEffort {
        events: args.events,
        points: args.points,
        rounds: args.rounds,
        accounts: args.accounts,
    };
    stack.projector.terminate(STOP_GRACE).await.context("stop the projector")?;
    let measuring = async {
        let mut site = Site::of_stack(&stack, &dir, session.globals.budget(), REFERENCE).await?;
        site.query = None;
        open_accounts(&site.command_url, effort.accounts).await?;
        let rows = run_growth(&mut site, effort, &url).await?;
        site.clear().await?;
        Ok(rows)
    };
    let rows = tokio::select! {
        rows = measuring => rows,
        () = interrupts.next() => Err(interrupted()),
    };
    stack.stop().await.context("stop the stack")?;
    let rows = rows?;
    if session.printer.json {
        session.printer.object(&json!({"machine": machine}))?;
    }
    Ok(session.printer.rows(&rows)?)
}
