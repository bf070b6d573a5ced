//! `daybook account open|show|list|freeze|unfreeze|close`

use clap::{Args, Subcommand, ValueEnum};
use daybook_bank::money::Currency;
use daybook_proto::v1;

use super::Session;
use crate::cli::{CommandArgs, PageArgs, QueryArgs};
use crate::client::{Command, Pages};
use crate::failure::Failure;
use crate::output::AccountView;

/// What to do with an account.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountVerb {
    /// Open an account with nothing on it.
    Open(OpenArgs),
    /// Show an account as it stands.
    Show(ShowArgs),
    /// List accounts, by id.
    List(ListArgs),
    /// Refuse debits from an account until it is unfrozen; credits go on.
    Freeze(OneArgs),
    /// Allow debits again.
    Unfreeze(OneArgs),
    /// Close an account for good; only with nothing on it and nothing held.
    Close(OneArgs),
}

/// Flags of `account open`.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// The new account's id: 1 to 100 of A–Z a–z 0–9 . _ : -
    account: String,
    /// Whose account it is. Treated as personal data.
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// The one currency it is held in, ISO 4217, such as USD.
    #[arg(long, value_name = "CODE")]
    currency: Currency,
    /// How far below zero the available balance may go, in the account's currency.
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    overdraft: String,
    #[command(flatten)]
    command: CommandArgs,
}

/// Flags of `account show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The account's id.
    account: String,
    #[command(flatten)]
    query: QueryArgs,
}

/// Flags of `account list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only accounts in this status. Default: all.
    #[arg(long)]
    status: Option<Status>,
    /// Only accounts in this currency, ISO 4217. Default: all.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    #[command(flatten)]
    page: PageArgs,
}

/// Flags of commands that need nothing but an account.
#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// The account's id.
    account: String,
    #[command(flatten)]
    command: CommandArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Open,
    Frozen,
    Closed,
}

/// Sends the command, or shows the account.
pub(crate) async fn run(session: &Session, verb: AccountVerb) -> Result<(), Failure> {
    let one = |args: OneArgs| (Some(args.command.context()), args.account);
    match verb {
        AccountVerb::Open(args) => open(session, args).await,
        AccountVerb::Show(args) => show(session, args).await,
        AccountVerb::List(args) => list(session, args).await,
        AccountVerb::Freeze(args) => {
            let (context, account_id) = one(args);
            let request = v1::FreezeAccountRequest { context, account_id };
            session.execute(Command::FreezeAccount(request)).await
        }
        AccountVerb::Unfreeze(args) => {
            let (context, account_id) = one(args);
            let request = v1::UnfreezeAccountRequest { context, account_id };
            session.execute(Command::UnfreezeAccount(request)).await
        }
        AccountVerb::Close(args) => {
            let (context, account_id) = one(args);
            let request = v1::CloseAccountRequest { context, account_id };
            session.execute(Command::CloseAccount(request)).await
        }
    }
}

async fn open(session: &Session, args: OpenArgs) -> Result<(), Failure> {
    let overdraft_limit_minor_units = args
        .currency
        .parse_minor_units(&args.overdraft)
        .map_err(|error| Failure::Usage(format!("--overdraft: {error}")))?;
    let request = v1::OpenAccountRequest {
        context: Some(args.command.context()),
        account_id: args.account,
        owner: args.owner,
        currency: args.currency.code().to_owned(),
        overdraft_limit_minor_units,
    };
    session.execute(Command::OpenAccount(request)).await
}

async fn show(session: &Session, args: ShowArgs) -> Result<(), Failure> {
    let min_position = session.freshness(&args.query).await?.min_position;
    let question = v1::GetAccountRequest { account_id: args.account, min_position };
    let answer = session.query.account(&question).await?;
    session.show(&AccountView::from(answer.account.unwrap_or_default()), answer.checkpoint).await
}

async fn list(session: &Session, args: ListArgs) -> Result<(), Failure> {
    let status = match args.status {
        None => v1::AccountStatus::Unspecified,
        Some(Status::Open) => v1::AccountStatus::Open,
        Some(Status::Frozen) => v1::AccountStatus::Frozen,
        Some(Status::Closed) => v1::AccountStatus::Closed,
    };
    let min_position = session.freshness(&args.page.query).await?.min_position;
    let mut pages = Pages::new(args.page.limit);
    let mut list = session.list();
    while let Some((page_size, page_token)) = pages.next() {
        let question = v1::ListAccountsRequest {
            page_size,
            page_token,
            status: status.into(),
            currency: args.currency.map_or(String::new(), |currency| currency.code().to_owned()),
            min_position,
        };
        let page = session.query.accounts(&question).await?;
        pages.advance(page.accounts.len(), page.next_page_token);
        let rows: Vec<_> = page.accounts.into_iter().map(AccountView::from).collect();
        list.page(&rows, page.checkpoint).await?;
    }
    list.end()
}
