//! `daybook history STREAM`

use clap::Args;
use daybook_proto::v1;

use super::Session;
use crate::cli::{PageArgs, event_types};
use crate::client::Pages;
use crate::failure::Failure;
use crate::output::EventView;

/// Flags of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The stream's id, such as account-alice or transfer-42.
    stream: String,
    /// From this version on. Default: from the first.
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    from_version: Option<i64>,
    /// Up to and with this version. Default: to the last.
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    to_version: Option<i64>,
    /// Only events of this type, such as money-deposited; may be given several times. Default: all.
    #[arg(long = "type", value_name = "TYPE", value_parser = event_types())]
    types: Vec<String>,
    /// The newest first.
    #[arg(long)]
    backwards: bool,
    #[command(flatten)]
    page: PageArgs,
}

/// Prints the events, page by page.
pub(crate) async fn run(session: &Session, args: HistoryArgs) -> Result<(), Failure> {
    let fresh = session.freshness(&args.page.query).await?;
    let mut pages = Pages::new(args.page.limit);
    let mut list = session.list();
    while let Some((page_size, page_token)) = pages.next() {
        let question = v1::GetEventHistoryRequest {
            stream_id: args.stream.clone(),
            from_version: args.from_version.unwrap_or(0),
            to_version: args.to_version.unwrap_or(0),
            event_types: args.types.clone(),
            backwards: args.backwards,
            page_size,
            page_token,
            min_position: fresh.min_position,
        };
        let page = session.query.history(&question).await?;
        pages.advance(page.events.len(), page.next_page_token);
        let rows: Vec<_> = page.events.into_iter().map(EventView::from).collect();
        list.page(&rows, fresh.head.max(fresh.min_position)).await?;
    }
    list.end()
}
