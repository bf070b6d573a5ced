//! Requests that speak of one account.

use daybook_bank::BankCommand;
use daybook_bank::account::AccountCommand;
use daybook_proto::v1 as proto;
use daybook_runtime::status::invalid_argument;
use tonic::Status;

use super::CommandRequest;
use super::fields::{account_id, amount, currency, personal};

/// `command_request!(Request, |r| command)`: where the context is, and what command the rest makes.
macro_rules! command_request {
    ($request:ty, |$r:ident| $command:expr) => {
        impl CommandRequest for $request {
            type Command = BankCommand;

            fn take_context(&mut self) -> Option<proto::CommandContext> {
                self.context.take()
            }

            fn into_command(self) -> Result<BankCommand, Status> {
                let $r = self;
                Ok(BankCommand::from($command))
            }
        }
    };
}

pub(super) use command_request;

command_request!(proto::OpenAccountRequest, |r| AccountCommand::OpenAccount {
    account_id: account_id("account_id", &r.account_id)?,
    owner: personal("owner", r.owner)?,
    currency: currency("currency", &r.currency)?,
    overdraft_limit: overdraft_limit(r.overdraft_limit_minor_units)?,
});

command_request!(proto::DepositRequest, |r| AccountCommand::Deposit {
    account_id: account_id("account_id", &r.account_id)?,
    amount: amount(r.amount)?,
});

command_request!(proto::WithdrawRequest, |r| AccountCommand::Withdraw {
    account_id: account_id("account_id", &r.account_id)?,
    amount: amount(r.amount)?,
});

command_request!(proto::ChargeFeeRequest, |r| AccountCommand::ChargeFee {
    account_id: account_id("account_id", &r.account_id)?,
    amount: amount(r.amount)?,
});

command_request!(proto::RefundRequest, |r| AccountCommand::Refund {
    account_id: account_id("account_id", &r.account_id)?,
    amount: amount(r.amount)?,
    customer: personal("customer", r.customer)?,
});

command_request!(proto::FreezeAccountRequest, |r| AccountCommand::FreezeAccount {
    account_id: account_id("account_id", &r.account_id)?,
});

command_request!(proto::UnfreezeAccountRequest, |r| AccountCommand::UnfreezeAccount {
    account_id: account_id("account_id", &r.account_id)?,
});

command_request!(proto::CloseAccountRequest, |r| AccountCommand::CloseAccount {
    account_id: account_id("account_id", &r.account_id)?,
});

fn overdraft_limit(minor_units: i64) -> Result<i64, Status> {
    if minor_units < 0 {
        let what = format!("is {minor_units}, must be zero or more");
        return Err(invalid_argument("overdraft_limit_minor_units", what));
    }
    Ok(minor_units)
}
