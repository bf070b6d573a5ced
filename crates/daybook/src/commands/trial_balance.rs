//! `daybook trial-balance`

use clap::Args;
use daybook_proto::v1;
use v1::get_trial_balance_request::At;

use super::Session;
use crate::cli::{QueryArgs, parse_day};
use crate::failure::Failure;
use crate::output::LedgerTotalView;

/// Flags of `trial-balance`.
#[derive(Debug, Args)]
pub(crate) struct TrialBalanceArgs {
    /// As it was at the end of this day, UTC, such as 2026-11-23. Default: as it is.
    #[arg(long, value_name = "DAY", value_parser = parse_day, conflicts_with = "position")]
    day: Option<String>,
    /// As it was after the event at this position of the log.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    position: Option<i64>,
    #[command(flatten)]
    query: QueryArgs,
}

/// Prints the totals, and fails where debits and credits differ.
pub(crate) async fn run(session: &Session, args: TrialBalanceArgs) -> Result<(), Failure> {
    let at = args.day.map(At::Day).or(args.position.map(At::Position));
    let min_position = session.freshness(&args.query).await?.min_position;
    let question = v1::GetTrialBalanceRequest { at, min_position };
    let answer = session.query.trial_balance(&question).await?;
    let balanced = answer.balances.iter().all(|balance| balance.balanced);
    let rows: Vec<_> = answer.balances.into_iter().flat_map(LedgerTotalView::all_of).collect();
    let mut list = session.list();
    list.page(&rows, answer.checkpoint).await?;
    list.end()?;
    let position = answer.position;
    if balanced {
        return Ok(session.printer.say(&format!("balanced, at position {position}"))?);
    }
    session.printer.say(&format!("NOT balanced, at position {position}"))?;
    Err(Failure::Reported)
}
