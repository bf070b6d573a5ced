//! `daybook deposit|withdraw|fee|refund`: money on and off one account.

use clap::Args;
use daybook_proto::v1;

use super::Session;
use crate::cli::{AmountArgs, CommandArgs};
use crate::client::Command;
use crate::failure::Failure;

/// Flags of `deposit`, `withdraw` and `fee`.
#[derive(Debug, Args)]
pub(crate) struct MoneyArgs {
    /// The account's id.
    account: String,
    #[command(flatten)]
    amount: AmountArgs,
    #[command(flatten)]
    command: CommandArgs,
}

/// Flags of `refund`.
#[derive(Debug, Args)]
pub(crate) struct RefundArgs {
    #[command(flatten)]
    money: MoneyArgs,
    /// Who gets the money. Treated as personal data.
    #[arg(long, value_name = "NAME")]
    customer: String,
}

type Parts = (Option<v1::CommandContext>, String, Option<v1::Money>);

async fn parts(session: &Session, args: MoneyArgs) -> Result<Parts, Failure> {
    let amount = args.amount.read(session, &args.account).await?;
    Ok((Some(args.command.context()), args.account, Some(amount)))
}

/// Puts money from outside on an account.
pub(crate) async fn deposit(session: &Session, args: MoneyArgs) -> Result<(), Failure> {
    let (context, account_id, amount) = parts(session, args).await?;
    let request = v1::DepositRequest { context, account_id, amount };
    session.execute(Command::Deposit(request)).await
}

/// Pays money out to the owner.
pub(crate) async fn withdraw(session: &Session, args: MoneyArgs) -> Result<(), Failure> {
    let (context, account_id, amount) = parts(session, args).await?;
    let request = v1::WithdrawRequest { context, account_id, amount };
    session.execute(Command::Withdraw(request)).await
}

/// Takes a fee.
pub(crate) async fn charge_fee(session: &Session, args: MoneyArgs) -> Result<(), Failure> {
    let (context, account_id, amount) = parts(session, args).await?;
    let request = v1::ChargeFeeRequest { context, account_id, amount };
    session.execute(Command::ChargeFee(request)).await
}

/// Gives money back to a customer.
pub(crate) async fn refund(session: &Session, args: RefundArgs) -> Result<(), Failure> {
    let customer = args.customer;
    let (context, account_id, amount) = parts(session, args.money).await?;
    let request = v1::RefundRequest { context, account_id, amount, customer };
    session.execute(Command::Refund(request)).await
}
