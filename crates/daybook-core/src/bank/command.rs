//! All that the domain can be told.

use serde::Serialize;

use crate::account::AccountCommand;
use crate::transfer::TransferCommand;

/// A command to an account or a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum BankCommand {
    /// To one account.
    Account(AccountCommand),
    /// To one transfer, and through it to its accounts.
    Transfer(TransferCommand),
}

impl From<AccountCommand> for BankCommand {
    fn from(command: AccountCommand) -> Self {
        Self::Account(command)
    }
}

impl From<TransferCommand> for BankCommand {
    fn from(command: TransferCommand) -> Self {
        Self::Transfer(command)
    }
}
