//! All that the domain can be told.

use daybook_core::clock::ClockCommand;
use daybook_core::projection::ProjectionCommand;
use daybook_core::subject::SubjectCommand;
use serde::Serialize;

use crate::account::AccountCommand;
use crate::transfer::TransferCommand;

/// A command to an account, a transfer, a projection or the log's clock, or about a data subject.
///
/// Its JSON is hashed, and never changes: see [`Domain::Command`](daybook_core::domain::Domain::Command).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum BankCommand {
    /// To one account.
    #[serde(rename = "Account")]
    Account(AccountCommand),
    /// To one transfer, and through it to its accounts.
    #[serde(rename = "Transfer")]
    Transfer(TransferCommand),
    /// To one projection, by an operator.
    #[serde(rename = "Projection")]
    Projection(ProjectionCommand),
    /// About one person's data.
    #[serde(rename = "Subject")]
    Subject(SubjectCommand),
    /// To the log's clock, by an operator.
    #[serde(rename = "Clock")]
    Clock(ClockCommand),
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

impl From<ProjectionCommand> for BankCommand {
    fn from(command: ProjectionCommand) -> Self {
        Self::Projection(command)
    }
}

impl From<SubjectCommand> for BankCommand {
    fn from(command: SubjectCommand) -> Self {
        Self::Subject(command)
    }
}

impl From<ClockCommand> for BankCommand {
    fn from(command: ClockCommand) -> Self {
        Self::Clock(command)
    }
}
