//! `daybook audit`

use clap::{Args, ValueEnum};
use daybook_bank::money::Currency;
use daybook_proto::v1;
use prost_types::Timestamp;

use super::Session;
use crate::cli::{PageArgs, event_types, parse_time};
use crate::client::Pages;
use crate::failure::Failure;
use crate::output::AuditEventView;

const EXAMPLES: &str = "\
Examples:
  All that alice did in March:
    daybook audit --by alice --from 2026-03-01 --to 2026-04-01
  Everything that came of a request:
    daybook audit --caused-by 0198c0de-7a31-7cc2-9b1e-0f6a2f9d8e11
  All transfers above $10,000 that bob approved:
    daybook audit --by bob --type transfer-approved --min-amount 10000.01 --currency USD";

/// Flags of `audit`. Every filter that is given must hold.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArgs {
    /// Only what this actor did.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only events of this stream, such as account-alice.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Only events of streams of this type.
    #[arg(long, value_name = "TYPE")]
    stream_type: Option<StreamType>,
    /// Only events of this type, such as transfer-approved; may be given several times.
    #[arg(long = "type", value_name = "TYPE", value_parser = event_types())]
    types: Vec<String>,
    /// Only events of the business operation with this correlation id.
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// Only what came of this command or event, directly or through others; a command's own events included.
    #[arg(long, value_name = "ID")]
    caused_by: Option<String>,
    /// Only what was recorded at or after this: a day or a time, such as 2026-11-23, yesterday, "2026-11-23 10:00" (UTC) or "2026-11-23 10:00 Europe/Berlin".
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Only what was recorded before this: a day or a time, such as 2026-11-23, yesterday, "2026-11-23 10:00" (UTC) or "2026-11-23 10:00 Europe/Berlin".
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
    /// Only events from this position of the log on.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    from_position: Option<i64>,
    /// Only events up to and with this position of the log.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    to_position: Option<i64>,
    /// Only events about at least this amount, such as 10000.00.
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    min_amount: Option<String>,
    /// Only events about at most this amount.
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    max_amount: Option<String>,
    /// Only events about an amount in this currency, ISO 4217.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Only events whose reason holds all of these words.
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// The newest first.
    #[arg(long)]
    backwards: bool,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StreamType {
    Account,
    Transfer,
    Projection,
    /// Times of the log in the future that an operator accepted.
    Clock,
    /// Whom somebody decided to forget.
    Subject,
    /// What tells each partition of the log that personal data were erased.
    Erasure,
}

/// Prints the events, page by page.
pub(crate) async fn run(session: &Session, args: AuditArgs) -> Result<(), Failure> {
    let mut pages = Pages::new(args.page.limit);
    let min_position = session.freshness(&args.page.query).await?.min_position;
    let mut list = session.list();
    let question = question(args)?;
    while let Some((page_size, page_token)) = pages.next() {
        let question =
            v1::SearchAuditRequest { page_size, page_token, min_position, ..question.clone() };
        let page = session.query.audit(&question).await?;
        pages.advance(page.events.len(), page.next_page_token);
        let rows: Vec<_> = page.events.into_iter().map(AuditEventView::from).collect();
        list.page(&rows, page.checkpoint).await?;
    }
    if list.is_empty() && !question.stream_id.is_empty() {
        // Refused where there is no such stream.
        let stream_id = question.stream_id;
        let question = v1::GetEventHistoryRequest {
            stream_id,
            page_size: 1,
            min_position,
            ..Default::default()
        };
        session.query.history(&question).await?;
    }
    list.end()
}

fn question(args: AuditArgs) -> Result<v1::SearchAuditRequest, Failure> {
    let amount = |flag: &str, text: Option<&String>| match (text, args.currency) {
        (Some(text), Some(currency)) => currency
            .parse_minor_units(text)
            .map_err(|error| Failure::Usage(format!("{flag}: {error}"))),
        _ => Ok(0),
    };
    let stream_type = match args.stream_type {
        None => "",
        Some(StreamType::Account) => "account",
        Some(StreamType::Transfer) => "transfer",
        Some(StreamType::Projection) => "projection",
        Some(StreamType::Clock) => "clock",
        Some(StreamType::Subject) => "subject",
        Some(StreamType::Erasure) => "erasure",
    };
    Ok(v1::SearchAuditRequest {
        min_amount_minor_units: amount("--min-amount", args.min_amount.as_ref())?,
        max_amount_minor_units: amount("--max-amount", args.max_amount.as_ref())?,
        currency: args.currency.map_or(String::new(), |currency| currency.code().to_owned()),
        actor: args.by.unwrap_or_default(),
        stream_id: args.stream.unwrap_or_default(),
        stream_type: stream_type.to_owned(),
        event_types: args.types,
        correlation_id: args.correlation.unwrap_or_default(),
        caused_by: args.caused_by.unwrap_or_default(),
        from: args.from,
        to: args.to,
        from_position: args.from_position.unwrap_or(0),
        to_position: args.to_position.unwrap_or(0),
        reason: args.reason.unwrap_or_default(),
        backwards: args.backwards,
        ..Default::default()
    })
}
