//! The decisions that lean on several streams: what each step of a transfer does to it and to its accounts.
//!
//! A step that ends a transfer lets its hold go in the same append. Ending one in another way (by time, say) is one more
//! function of the same shape.

use daybook_core::compose::Part as _;
use daybook_core::domain::{Context, States};
use daybook_core::stream::StreamId;

use crate::account::event::{FundsHeld, HoldReleased, TransferCredited, TransferDebited};
use crate::account::{self, Account, AccountEvent, AccountId, account_of, check_positive};
use crate::transfer::decide::{self as steps, transfer_of};
use crate::transfer::event::TransferInitiated;
use crate::transfer::{Transfer, TransferCommand, TransferError, TransferEvent, TransferId};
use crate::{BankCommand, BankEvent, BankRejection, BankState, Policy};

type Decision = Result<Vec<(StreamId, BankEvent)>, BankRejection>;

pub(crate) fn decide(
    policy: &Policy,
    command: &BankCommand,
    states: &dyn States<BankState>,
    context: Context<'_>,
) -> Decision {
    let known = Known { states };
    match command {
        BankCommand::Account(command) => {
            let id = command.account_id();
            let event = account::decide(command, known.find_account(id))?;
            Ok(vec![on_account(id, event)])
        }
        BankCommand::Transfer(command) => decide_transfer(policy, command, &known, context),
    }
}

fn decide_transfer(
    policy: &Policy,
    command: &TransferCommand,
    known: &Known<'_>,
    context: Context<'_>,
) -> Decision {
    use TransferCommand as C;
    match command {
        C::InitiateTransfer { source, transfer_id, destination, amount } => {
            let transfer = TransferInitiated {
                source: source.clone(),
                destination: destination.clone(),
                amount: *amount,
                initiator: context.actor.clone(),
                approval_required: policy.requires_approval(*amount),
            };
            initiate(transfer_id, transfer, known)
        }
        C::ApproveTransfer { transfer_id } => {
            let approved =
                steps::approve(transfer_id, known.transfer(transfer_id)?, context.actor)?;
            Ok(vec![on_transfer(transfer_id, approved)])
        }
        C::RejectTransfer { transfer_id } => {
            let transfer = known.transfer(transfer_id)?;
            let rejected = steps::reject(transfer_id, transfer)?;
            let (released, _) = release_hold(transfer_id, transfer, known)?;
            Ok(vec![on_transfer(transfer_id, rejected), released])
        }
        C::CancelTransfer { transfer_id } => {
            let transfer = known.transfer(transfer_id)?;
            let cancelled = steps::cancel(transfer_id, transfer)?;
            let (released, _) = release_hold(transfer_id, transfer, known)?;
            Ok(vec![on_transfer(transfer_id, cancelled), released])
        }
        C::ExecuteTransfer { transfer_id } => execute(transfer_id, known),
    }
}

/// Records the wish and sets the money aside. The destination is asked, too: nobody should wait for an approval of
/// what can never be executed.
fn initiate(id: &TransferId, transfer: TransferInitiated, known: &Known<'_>) -> Decision {
    let TransferInitiated { source, destination, amount, .. } = &transfer;
    check_positive(source, *amount)?;
    if source == destination {
        return Err(TransferError::SameAccount {
            transfer_id: id.clone(),
            account_id: source.clone(),
        }
        .into());
    }
    if known.find_transfer(id).is_some() {
        return Err(TransferError::Exists { transfer_id: id.clone() }.into());
    }
    let source_account = known.account(source)?;
    known.account(destination)?.check_usable_for(destination, *amount)?;
    let held = source_account.hold(source, *amount)?;
    let hold = FundsHeld { transfer_id: id.clone(), amount: *amount, held };
    let held = on_account(source, hold);
    Ok(vec![on_transfer(id, transfer), held])
}

/// Lets the hold go, takes the money out and brings it in.
fn execute(id: &TransferId, known: &Known<'_>) -> Decision {
    let transfer = known.transfer(id)?;
    let executed = steps::execute(id, transfer)?;
    let Transfer { source, destination, amount, .. } = transfer;
    let (released, source_account) = release_hold(id, transfer, known)?;
    let debited = TransferDebited {
        transfer_id: id.clone(),
        counterparty: destination.clone(),
        amount: *amount,
        balance: source_account.debit(source, *amount)?,
    };
    let credited = TransferCredited {
        transfer_id: id.clone(),
        counterparty: source.clone(),
        amount: *amount,
        balance: known.account(destination)?.credit(destination, *amount)?,
    };
    Ok(vec![
        on_transfer(id, executed),
        released,
        on_account(source, debited),
        on_account(destination, credited),
    ])
}

/// The release of a transfer's hold, and its source account after it.
fn release_hold(
    id: &TransferId,
    transfer: &Transfer,
    known: &Known<'_>,
) -> Result<((StreamId, BankEvent), Account), BankRejection> {
    let source = &transfer.source;
    let account = known.account(source)?;
    let held = account.release(transfer.amount);
    let after = Account { held, ..account.clone() };
    let released = HoldReleased { transfer_id: id.clone(), amount: transfer.amount, held };
    Ok((on_account(source, released), after))
}

fn on_account(id: &AccountId, event: impl Into<AccountEvent>) -> (StreamId, BankEvent) {
    (id.stream_id(), BankEvent::Account(event.into()))
}

fn on_transfer(id: &TransferId, event: impl Into<TransferEvent>) -> (StreamId, BankEvent) {
    (id.stream_id(), BankEvent::Transfer(event.into()))
}

/// The known states, by what they are.
struct Known<'a> {
    states: &'a dyn States<BankState>,
}

impl<'a> Known<'a> {
    fn find_account(&self, id: &AccountId) -> Option<&'a Account> {
        self.states.state(&id.stream_id()).and_then(BankState::part)
    }

    fn find_transfer(&self, id: &TransferId) -> Option<&'a Transfer> {
        self.states.state(&id.stream_id()).and_then(BankState::part)
    }

    fn account(&self, id: &AccountId) -> Result<&'a Account, BankRejection> {
        Ok(account_of(id, self.find_account(id))?)
    }

    fn transfer(&self, id: &TransferId) -> Result<&'a Transfer, BankRejection> {
        Ok(transfer_of(id, self.find_transfer(id))?)
    }
}
