//! The built-in domain: accounts and transfers, decided together.
//!
//! It uses nothing but what is public in `daybook-core`. One account's rules are in [`account`], one transfer's in
//! [`transfer`]; at the root is what needs both, and how they plug into [`Domain`]. Its amounts are [`money`], its
//! double entry is in [`postings`], and [`read_models`] are those that it fills.
//!
//! A rule is tested as it reads:
//!
//! ```
//! use daybook_bank::account::event::AccountOpened;
//! use daybook_bank::account::{AccountCommand, AccountEvent, AccountId};
//! use daybook_bank::Bank;
//! use daybook_bank::money::Money;
//! use daybook_core::personal::Personal;
//! use daybook_core::testing::Scenario;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (alice, usd) = (AccountId::new("alice")?, "USD".parse()?);
//! let opened = AccountOpened { owner: Personal::new("Alice")?, currency: usd, overdraft_limit: 0 };
//! Scenario::new(Bank::default())
//!     .given(alice.stream_id(), AccountEvent::from(opened))
//!     .when("teller", AccountCommand::Withdraw { account_id: alice, amount: Money::new(1, usd) })
//!     .then_rejected("INSUFFICIENT_FUNDS");
//! # Ok(())
//! # }
//! ```
//!
//! **Invariant:** nothing in this crate does I/O, reads a clock, draws a random number or is async.

pub mod account;
pub mod money;
pub mod postings;
pub mod read_models;
pub mod transfer;

mod decide;
mod policy;
mod streams;

pub use policy::{InvalidPolicy, Policy};

use daybook_core::compose::Part as _;
use daybook_core::domain::{
    Aggregate, Context, Domain, NO_FINGERPRINT, States, StreamKind, no_state,
};
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;
use daybook_core::{events_of, one_of, rejections_of};
use serde::Serialize;

use crate::account::{Account, AccountCommand, AccountError, AccountEvent};
use crate::transfer::{Transfer, TransferCommand, TransferError, TransferEvent};

/// Accounts and transfers under one policy.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    /// What the operator decided, where the rules leave it open.
    pub policy: Policy,
}

one_of! {
    /// A command to an account or a transfer. Its JSON is hashed, and never changes: see [`Domain::Command`].
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub enum BankCommand {
        /// To one account.
        #[serde(rename = "Account")]
        Account(AccountCommand),
        /// To one transfer, and through it to its accounts.
        #[serde(rename = "Transfer")]
        Transfer(TransferCommand),
    }
}

events_of! {
    /// An event of an account or a transfer.
    pub enum BankEvent {
        /// In an account's stream.
        Account(AccountEvent),
        /// In a transfer's stream.
        Transfer(TransferEvent),
    }
}

one_of! {
    /// The state of a stream of the bank.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum BankState {
        /// What an account's stream folds to.
        Account(Account),
        /// What a transfer's stream folds to.
        Transfer(Transfer),
    }
}

rejections_of! {
    /// A broken rule of an account or a transfer.
    pub enum BankRejection {
        /// Of an account.
        Account(AccountError),
        /// Of a transfer.
        Transfer(TransferError),
    }
}

impl Domain for Bank {
    const STREAMS: &'static [StreamKind] =
        &[StreamKind::of::<Account>(), StreamKind::of::<Transfer>()];
    type Command = BankCommand;
    type Event = BankEvent;
    type State = BankState;
    type Rejection = BankRejection;

    fn streams(&self, command: &BankCommand, states: &dyn States<BankState>) -> Vec<StreamId> {
        streams::streams(command, states)
    }

    fn makes(&self, command: &BankCommand) -> Option<StreamId> {
        streams::makes(command)
    }

    fn subject(&self, command: &BankCommand, states: &dyn States<BankState>) -> Option<SubjectId> {
        streams::subject(command, states)
    }

    fn is_personal(&self, command: &BankCommand) -> bool {
        streams::is_personal(command)
    }

    fn decide(
        &self,
        command: &BankCommand,
        states: &dyn States<BankState>,
        context: Context<'_>,
    ) -> Result<Vec<(StreamId, BankEvent)>, BankRejection> {
        decide::decide(&self.policy, command, states, context)
    }

    fn evolve(
        &self,
        _: &StreamId,
        state: Option<BankState>,
        event: &BankEvent,
    ) -> Option<BankState> {
        match event {
            BankEvent::Account(event) => {
                let account = state.and_then(BankState::into_part);
                Account::evolve(account, event).map(BankState::Account)
            }
            BankEvent::Transfer(event) => {
                let transfer = state.and_then(BankState::into_part);
                Transfer::evolve(transfer, event).map(BankState::Transfer)
            }
        }
    }

    fn fingerprint(&self, stream_id: &StreamId) -> i32 {
        match stream_id.stream_type() {
            Account::STREAM_TYPE => Account::FINGERPRINT,
            Transfer::STREAM_TYPE => Transfer::FINGERPRINT,
            _ => NO_FINGERPRINT,
        }
    }

    fn heap_bytes(&self, state: &BankState) -> usize {
        match state {
            BankState::Account(_) => 0,
            BankState::Transfer(transfer) => {
                // Each of these texts also has the two counts of its Arc.
                let texts = [
                    transfer.source.as_str(),
                    transfer.destination.as_str(),
                    transfer.initiator.as_str(),
                ];
                texts.iter().map(|text| text.len() + 2 * size_of::<usize>()).sum()
            }
        }
    }

    fn encode_state(&self, state: &BankState) -> Result<String, serde_json::Error> {
        match state {
            BankState::Account(account) => serde_json::to_string(account),
            BankState::Transfer(transfer) => serde_json::to_string(transfer),
        }
    }

    fn decode_state(
        &self,
        stream_id: &StreamId,
        text: &str,
    ) -> Result<BankState, serde_json::Error> {
        match stream_id.stream_type() {
            Account::STREAM_TYPE => serde_json::from_str(text).map(BankState::Account),
            Transfer::STREAM_TYPE => serde_json::from_str(text).map(BankState::Transfer),
            _ => Err(no_state(stream_id)),
        }
    }
}
