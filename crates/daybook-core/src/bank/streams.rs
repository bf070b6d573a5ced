//! Which streams a command leans on, as far as the known states tell.

use super::{BankCommand, BankState};
use crate::account::AccountCommand;
use crate::domain::States;
use crate::stream::StreamId;
use crate::transfer::{Transfer, TransferCommand, TransferId};

pub(super) fn streams(command: &BankCommand, states: &dyn States<BankState>) -> Vec<StreamId> {
    match command {
        BankCommand::Account(command) => vec![command.account_id().stream_id()],
        BankCommand::Transfer(command) => transfer_streams(command, states),
        BankCommand::Projection(command) => vec![command.projection().stream_id()],
    }
}

/// The stream of the account or transfer that a command makes.
pub(super) fn makes(command: &BankCommand) -> Option<StreamId> {
    match command {
        BankCommand::Account(AccountCommand::OpenAccount { account_id, .. }) => {
            Some(account_id.stream_id())
        }
        BankCommand::Transfer(TransferCommand::InitiateTransfer { transfer_id, .. }) => {
            Some(transfer_id.stream_id())
        }
        BankCommand::Account(_) | BankCommand::Transfer(_) | BankCommand::Projection(_) => None,
    }
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
    let known = states.state(&stream_id).and_then(BankState::as_transfer);
    let accounts = known.map(accounts).unwrap_or_default();
    std::iter::once(stream_id).chain(accounts).collect()
}
