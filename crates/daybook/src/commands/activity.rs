//! `daybook activity`

use clap::Args;
use daybook_bank::money::Currency;
use daybook_proto::v1;

use super::Session;
use crate::cli::{QueryArgs, parse_day};
use crate::failure::Failure;
use crate::output::ActivityView;

/// Flags of `activity`.
#[derive(Debug, Args)]
pub(crate) struct ActivityArgs {
    /// First day, UTC, such as 2026-11-01. Default: no limit.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    from: Option<String>,
    /// Last day, UTC, inclusive; at most 366 days after the first. Default: no limit.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    to: Option<String>,
    /// Only this currency, ISO 4217. Default: all.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    #[command(flatten)]
    query: QueryArgs,
}

/// Prints counts and volumes.
pub(crate) async fn run(session: &Session, args: ActivityArgs) -> Result<(), Failure> {
    let min_position = session.freshness(&args.query).await?.min_position;
    let question = v1::GetDailyActivityRequest {
        from_day: args.from.unwrap_or_default(),
        to_day: args.to.unwrap_or_default(),
        currency: args.currency.map_or(String::new(), |currency| currency.code().to_owned()),
        min_position,
    };
    let answer = session.query.activity(&question).await?;
    let rows: Vec<_> = answer.activities.into_iter().map(ActivityView::from).collect();
    let mut list = session.list();
    list.page(&rows, answer.checkpoint).await?;
    list.end()
}
