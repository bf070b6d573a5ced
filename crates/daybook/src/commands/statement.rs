//! `daybook statement ACCOUNT`

use clap::Args;
use daybook_proto::v1;
use prost_types::Timestamp;

use super::Session;
use crate::cli::{PageArgs, parse_time};
use crate::client::Pages;
use crate::failure::Failure;
use crate::output::{EntryView, amount_text};

/// Flags of `statement`.
#[derive(Debug, Args)]
pub(crate) struct StatementArgs {
    /// The account's id.
    account: String,
    /// Only what was recorded at or after this: a day or a time, such as 2026-11-23, yesterday, "2026-11-23 10:00" (UTC) or "2026-11-23 10:00 Europe/Berlin". Default: from the first.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Only what was recorded before this: a day or a time, such as 2026-11-23, yesterday, "2026-11-23 10:00" (UTC) or "2026-11-23 10:00 Europe/Berlin". Default: to the last.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
    #[command(flatten)]
    page: PageArgs,
}

/// Prints the statement, page by page, between its opening and its closing balance.
pub(crate) async fn run(session: &Session, args: StatementArgs) -> Result<(), Failure> {
    let min_position = session.freshness(&args.page.query).await?.min_position;
    let mut pages = Pages::new(args.page.limit);
    let mut list = session.list();
    let mut opened = false;
    let mut closing = String::new();
    while let Some((page_size, page_token)) = pages.next() {
        let question = v1::GetStatementRequest {
            account_id: args.account.clone(),
            from: args.from,
            to: args.to,
            page_size,
            page_token,
            min_position,
        };
        let page = session.query.statement(&question).await?;
        let balance = |minor_units: i64| {
            format!("{} {}", amount_text(minor_units, &page.currency), page.currency)
        };
        if !opened {
            let opening = balance(page.opening_balance_minor_units);
            session.printer.say(&format!("account {}, opening balance {opening}", args.account))?;
            opened = true;
        }
        closing = balance(page.closing_balance_minor_units);
        let entry = |entry: v1::Entry| EntryView::new(entry, &page.currency);
        let rows: Vec<_> = page.entries.into_iter().map(entry).collect();
        list.page(&rows, page.checkpoint).await?;
        pages.advance(rows.len(), page.next_page_token);
    }
    if pages.is_cut() {
        session.printer.say(&format!("balance after these {closing}; more movements follow"))?;
    } else if opened {
        session.printer.say(&format!("closing balance {closing}"))?;
    }
    list.end()
}
