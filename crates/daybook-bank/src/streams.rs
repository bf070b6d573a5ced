//! Which streams a command leans on, as far as the known states tell.

use daybook_core::compose::Part as _;
use daybook_core::domain::States;
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;

use crate::account::AccountCommand;
use crate::transfer::{Transfer, TransferCommand, TransferId};
use crate::{BankCommand, BankState};

pub(crate) fn streams(command: &BankCommand, states: &dyn States<BankState>) -> Vec<StreamId> {
    match command {
        BankCommand::Account(command) => vec![command.account_id().stream_id()],
        BankCommand::Transfer(command) => transfer_streams(command, states),
    }
}

/// The stream of the account or transfer that a command makes.
pub(crate) fn makes(command: &BankCommand) -> Option<StreamId> {
    match command {
        BankCommand::Account(AccountCommand::OpenAccount { account_id, .. }) => {
            Some(account_id.stream_id())
        }
        BankCommand::Transfer(TransferCommand::InitiateTransfer { transfer_id, .. }) => {
            Some(transfer_id.stream_id())
        }
        BankCommand::Account(_) | BankCommand::Transfer(_) => None,
    }
}

/// Whose personal data the texts of a command are: of an account its holder's, of a transfer those of who pays.
pub(crate) fn subject(command: &BankCommand, states: &dyn States<BankState>) -> Option<SubjectId> {
    let payer = |transfer_id: &TransferId| {
        let transfer: &Transfer =
            states.state(&transfer_id.stream_id()).and_then(BankState::part)?;
        Some(transfer.source.clone())
    };
    let account_id = match command {
        BankCommand::Account(command) => command.account_id().clone(),
        BankCommand::Transfer(TransferCommand::InitiateTransfer { source, .. }) => source.clone(),
        BankCommand::Transfer(
            TransferCommand::ApproveTransfer { transfer_id }
            | TransferCommand::RejectTransfer { transfer_id }
            | TransferCommand::CancelTransfer { transfer_id }
            | TransferCommand::ExecuteTransfer { transfer_id },
        ) => payer(transfer_id)?,
    };
    Some(account_id.into())
}

/// Whether the command itself names a person.
pub(crate) fn is_personal(command: &BankCommand) -> bool {
    matches!(
        command,
        BankCommand::Account(AccountCommand::OpenAccount { .. } | AccountCommand::Refund { .. })
    )
}

fn transfer_streams(command: &TransferCommand, states: &dyn States<BankState>) -> Vec<StreamId> {
    use TransferCommand as C;
    match command {
        C::InitiateTransfer { source, transfer_id, destination, .. } => {
            vec![source.stream_id(), transfer_id.stream_id(), destination.stream_id()]
        }
        C::ApproveTransfer { transfer_id } => vec![transfer_id.stream_id()],
        C::RejectTransfer { transfer_id } | C::CancelTransfer { transfer_id } => {
            with_accounts(transfer_id, states, |transfer| vec![transfer.source.stream_id()])
        }
        C::ExecuteTransfer { transfer_id } => with_accounts(transfer_id, states, |transfer| {
            vec![transfer.source.stream_id(), transfer.destination.stream_id()]
        }),
    }
}

/// The transfer's stream and, once the transfer is known, those that stand in it.
fn with_accounts(
    transfer_id: &TransferId,
    states: &dyn States<BankState>,
    accounts: impl Fn(&Transfer) -> Vec<StreamId>,
) -> Vec<StreamId> {
    let stream_id = transfer_id.stream_id();
    let known = states.state(&stream_id).and_then(BankState::part);
    let accounts = known.map(accounts).unwrap_or_default();
    std::iter::once(stream_id).chain(accounts).collect()
}
