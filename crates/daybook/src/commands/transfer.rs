//! `daybook transfer initiate|approve|reject|cancel|execute|show|story|list`

use clap::{Args, Subcommand, ValueEnum};
use daybook_proto::v1;

use super::Session;
use crate::cli::{AmountArgs, CommandArgs, PageArgs, QueryArgs};
use crate::client::{Command, Pages, new_command_id};
use crate::failure::Failure;
use crate::output::{StoryView, TransferView};

/// What to do with a transfer.
#[derive(Debug, Subcommand)]
pub(crate) enum TransferVerb {
    /// Ask for a transfer; the money is held on its source at once.
    Initiate(InitiateArgs),
    /// Approve a transfer that somebody else initiated.
    Approve(StepArgs),
    /// Turn down a transfer that waits for approval; the money is no longer held.
    Reject(StepArgs),
    /// Call off a transfer that is not executed yet; the money is no longer held.
    Cancel(StepArgs),
    /// Move the money of an approved transfer.
    Execute(StepArgs),
    /// Show a transfer: who did each step and when.
    Show(ShowArgs),
    /// Show the whole life of a transfer: every event on every stream that it touched, in order.
    Story(ShowArgs),
    /// List transfers, the newest first.
    List(ListArgs),
}

/// Flags of `transfer initiate`.
#[derive(Debug, Args)]
pub(crate) struct InitiateArgs {
    /// The account that the money leaves. --expected-version speaks of this account.
    source: String,
    /// The account that the money goes to.
    destination: String,
    #[command(flatten)]
    amount: AmountArgs,
    /// The new transfer's id: 1 to 100 of A–Z a–z 0–9 . _ : - Default: a new UUID.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    command: CommandArgs,
}

/// Flags of the steps that need nothing but a transfer.
#[derive(Debug, Args)]
pub(crate) struct StepArgs {
    /// The transfer's id.
    transfer: String,
    #[command(flatten)]
    command: CommandArgs,
}

/// Flags of `transfer show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The transfer's id.
    transfer: String,
    #[command(flatten)]
    query: QueryArgs,
}

/// Flags of `transfer list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only transfers out of or into this account. Default: all.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only transfers in this status. Default: all.
    #[arg(long)]
    status: Option<Status>,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Initiated,
    Approved,
    Rejected,
    Cancelled,
    Executed,
}

/// Sends the command, or shows the transfer.
pub(crate) async fn run(session: &Session, verb: TransferVerb) -> Result<(), Failure> {
    let step = |args: StepArgs| (Some(args.command.context()), args.transfer);
    match verb {
        TransferVerb::Initiate(args) => initiate(session, args).await,
        TransferVerb::Approve(args) => {
            let (context, transfer_id) = step(args);
            let request = v1::ApproveTransferRequest { context, transfer_id };
            session.execute(Command::ApproveTransfer(request)).await
        }
        TransferVerb::Reject(args) => {
            let (context, transfer_id) = step(args);
            let request = v1::RejectTransferRequest { context, transfer_id };
            session.execute(Command::RejectTransfer(request)).await
        }
        TransferVerb::Cancel(args) => {
            let (context, transfer_id) = step(args);
            let request = v1::CancelTransferRequest { context, transfer_id };
            session.execute(Command::CancelTransfer(request)).await
        }
        TransferVerb::Execute(args) => {
            let (context, transfer_id) = step(args);
            let request = v1::ExecuteTransferRequest { context, transfer_id };
            session.execute(Command::ExecuteTransfer(request)).await
        }
        TransferVerb::Show(args) => show(session, args).await,
        TransferVerb::Story(args) => story(session, args).await,
        TransferVerb::List(args) => list(session, args).await,
    }
}

async fn initiate(session: &Session, args: InitiateArgs) -> Result<(), Failure> {
    let amount = args.amount.read(session, &args.source).await?;
    let mut context = args.command.context();
    if context.command_id.is_empty() {
        context.command_id = new_command_id();
    }
    // Named after the command, so that the command sent again by its id alone is the same command.
    let transfer_id = args.id.unwrap_or_else(|| context.command_id.clone());
    session.printer.say(&format!("transfer {transfer_id}"))?;
    let request = v1::InitiateTransferRequest {
        context: Some(context),
        source_account_id: args.source,
        transfer_id,
        destination_account_id: args.destination,
        amount: Some(amount),
    };
    session.execute(Command::InitiateTransfer(request)).await
}

async fn show(session: &Session, args: ShowArgs) -> Result<(), Failure> {
    let min_position = session.freshness(&args.query).await?.min_position;
    let question = v1::GetTransferRequest { transfer_id: args.transfer, min_position };
    let answer = session.query.transfer(&question).await?;
    let transfer = answer.transfer.unwrap_or_default();
    session.show(&TransferView::from(transfer), answer.checkpoint).await
}

async fn story(session: &Session, args: ShowArgs) -> Result<(), Failure> {
    let fresh = session.freshness(&args.query).await?;
    let min_position = fresh.min_position;
    let question = v1::GetTransferStoryRequest { transfer_id: args.transfer, min_position };
    let events = session.query.story(&question).await?.events;
    let rows: Vec<_> = events.into_iter().map(StoryView::from).collect();
    let mut list = session.list();
    list.page(&rows, fresh.head.max(min_position)).await?;
    list.end()
}

async fn list(session: &Session, args: ListArgs) -> Result<(), Failure> {
    let status = match args.status {
        None => v1::TransferStatus::Unspecified,
        Some(Status::Initiated) => v1::TransferStatus::Initiated,
        Some(Status::Approved) => v1::TransferStatus::Approved,
        Some(Status::Rejected) => v1::TransferStatus::Rejected,
        Some(Status::Cancelled) => v1::TransferStatus::Cancelled,
        Some(Status::Executed) => v1::TransferStatus::Executed,
    };
    let min_position = session.freshness(&args.page.query).await?.min_position;
    let mut pages = Pages::new(args.page.limit);
    let mut list = session.list();
    while let Some((page_size, page_token)) = pages.next() {
        let question = v1::ListTransfersRequest {
            account_id: args.account.clone().unwrap_or_default(),
            status: status.into(),
            page_size,
            page_token,
            min_position,
        };
        let page = session.query.transfers(&question).await?;
        pages.advance(page.transfers.len(), page.next_page_token);
        let rows: Vec<_> = page.transfers.into_iter().map(TransferView::from).collect();
        list.page(&rows, page.checkpoint).await?;
    }
    if let (true, Some(account_id)) = (list.is_empty(), args.account) {
        // Refused where there is no such account.
        session.query.account(&v1::GetAccountRequest { account_id, min_position }).await?;
    }
    list.end()
}
