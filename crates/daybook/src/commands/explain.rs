//! `daybook explain ACCOUNT`

use clap::Args;
use daybook_proto::v1;
use prost_types::Timestamp;
use v1::explain_balance_request::At;

use super::Session;
use crate::cli::{PageArgs, parse_time};
use crate::client::Pages;
use crate::failure::Failure;
use crate::output::{KindTotalView, MovementView, amount_text};

/// A moment: one of these, or now.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(crate) struct MomentArgs {
    /// As it was at this time, or when this day (UTC) began. Default: as it is.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) at: Option<Timestamp>,
    /// As it was after its event with this version.
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) version: Option<i64>,
    /// As it was after the event at this position of the log.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) position: Option<i64>,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The account's id.
    account: String,
    #[command(flatten)]
    moment: MomentArgs,
    /// Only the movements of this transfer. Default: all.
    #[arg(long, value_name = "ID")]
    transfer: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// Prints a balance, the movements that made it, page by page, and their totals.
pub(crate) async fn run(session: &Session, args: ExplainArgs) -> Result<(), Failure> {
    let MomentArgs { at, version, position } = args.moment;
    let moment = at.map(At::Time).or(version.map(At::Version)).or(position.map(At::Position));
    let min_position = session.freshness(&args.page.query).await?.min_position;
    let mut pages = Pages::new(args.page.limit);
    let mut list = session.list();
    let (mut totals, mut sum) = (Vec::new(), None);
    while let Some((page_size, page_token)) = pages.next() {
        let question = v1::ExplainBalanceRequest {
            account_id: args.account.clone(),
            at: moment,
            transfer_id: args.transfer.clone().unwrap_or_default(),
            page_size,
            page_token,
            min_position,
        };
        let page = session.query.explanation(&question).await?;
        let currency = &page.currency;
        if sum.is_none() {
            let balance = amount_text(page.balance_minor_units, currency);
            let title = format!(
                "account {}, balance {balance} {currency} at version {}",
                args.account, page.version
            );
            session.printer.say(&title)?;
            sum = Some(format!("balance {balance} {currency}"));
            totals = page.totals.into_iter().map(|t| KindTotalView::new(t, currency)).collect();
        }
        let movement = |movement| MovementView::new(movement, currency);
        let rows: Vec<_> = page.movements.into_iter().map(movement).collect();
        list.page(&rows, page.checkpoint).await?;
        pages.advance(rows.len(), page.next_page_token);
    }
    list.end()?;
    session.printer.say("")?;
    session.printer.rows(&totals)?;
    Ok(session.printer.say(&sum.unwrap_or_default())?)
}
