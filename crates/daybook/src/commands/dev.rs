//! `daybook dev`

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use daybook_stack::{Stack, StackSettings};
use serde_json::json;

use super::{Interrupts, Session};
use crate::failure::Failure;
use crate::output::note;
use crate::this_program::this_program;

/// Flags of `dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Where everything is kept; what is there is continued. Default: /var/lib/daybook/dev for root,
    /// $XDG_STATE_HOME/daybook/dev or ~/.local/state/daybook/dev for other users.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DEV_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// Throw away what is kept there, and begin with an empty log.
    #[arg(long)]
    fresh: bool,
}

/// Runs the stack until Ctrl-C, a termination, or the end of one of its services.
pub(crate) async fn run(session: &Session, args: DevArgs) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let data_dir = args.data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("dev"));
    session
        .printer
        .say(&format!("starting PostgreSQL, Redis and the services in {} …", data_dir.display()))?;
    let settings = StackSettings {
        fresh: args.fresh,
        prover: true,
        keys: true,
        lines: Arc::new(|who, line| note(&format!("{who:>9} │ {line}\n"))),
        ..StackSettings::new(data_dir)
    };
    let mut stack = tokio::select! {
        stack = Stack::start(settings) => stack.context("start the stack")?,
        () = interrupts.next() => return Ok(()),
    };
    print_addresses(session, &stack)?;
    let ended = tokio::select! {
        ended = stack.first_end() => Some(ended.context("watch the services")?),
        () = interrupts.next() => None,
    };
    // Whether or not the reader of the output is still there, the stack is stopped in order.
    let said = session.printer.say("stopping …");
    stack.stop().await.context("stop the stack")?;
    said?;
    match ended {
        None => Ok(()),
        Some(how) => Err(Failure::Other(anyhow::Error::msg(how))),
    }
}

fn print_addresses(session: &Session, stack: &Stack) -> Result<(), Failure> {
    if session.printer.json {
        let addresses = json!({"command_url": stack.command_url, "query_url": stack.query_url});
        return Ok(session.printer.object(&addresses)?);
    }
    session.printer.say(&format!(
        "
Ready; Ctrl-C stops everything. In another terminal:

  export DAYBOOK_COMMAND_URL={command}
  export DAYBOOK_QUERY_URL={query}
  {daybook} account open alice --owner 'Alice A.' --currency USD
  {daybook} deposit alice 500.00 --reason salary
  {daybook} account show alice
  {daybook} statement alice
  {daybook} history account-alice
  {daybook} projections
  {daybook} proof checkpoint
",
        daybook = this_program(),
        command = stack.command_url,
        query = stack.query_url,
    ))?;
    Ok(())
}
