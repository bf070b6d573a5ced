//! The built-in domain: accounts and transfers, decided together, what operators tell the projections of both, and how the
//! people in them are forgotten.
//!
//! It uses nothing but what is public in `daybook-core`. One account's rules are in [`account`], one transfer's in
//! [`transfer`], a projection's in [`daybook_core::projection`]; at the root is what several of them are needed for, and how
//! they plug into [`Domain`]. Its amounts are [`money`], its double entry is in [`postings`], and [`read_models`] are those
//! that it fills.
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

mod command;
mod decide;
mod event;
mod policy;
mod rejection;
mod state;
mod streams;

pub use command::BankCommand;
pub use event::{ALL_EVENT_TYPES, BankEvent};
pub use policy::{InvalidPolicy, Policy};
pub use rejection::BankRejection;
pub use state::BankState;

use daybook_core::clock::Clock;
use daybook_core::domain::{Aggregate, Context, Domain, States};
use daybook_core::projection::{EventPlace, ProjectionRecord};
use daybook_core::stream::StreamId;
use daybook_core::subject::{ERASURE_STREAM_TYPE, Subject, SubjectEvent, SubjectId};

use crate::account::Account;
use crate::transfer::Transfer;

/// The read models that there are, by their names.
pub const PROJECTIONS: [&str; 7] = [
    "accounts",
    "account_entries",
    "transfers",
    "daily_activity",
    "postings",
    "posting_totals",
    "audit",
];

/// The types of the domain's streams. A stream of any other type is another domain's: nothing of this one reads it.
pub const STREAM_TYPES: [&str; 6] = [
    Account::STREAM_TYPE,
    Transfer::STREAM_TYPE,
    ProjectionRecord::STREAM_TYPE,
    Subject::STREAM_TYPE,
    ERASURE_STREAM_TYPE,
    Clock::STREAM_TYPE,
];

/// Accounts and transfers under one policy.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    /// What the operator decided, where the rules leave it open.
    pub policy: Policy,
}

impl Domain for Bank {
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
        stream_id: &StreamId,
        state: Option<BankState>,
        event: &BankEvent,
    ) -> Option<BankState> {
        match event {
            BankEvent::Account(event) => {
                let account = state.and_then(BankState::into_account);
                Account::evolve(account, event).map(BankState::Account)
            }
            BankEvent::Transfer(event) => {
                let transfer = state.and_then(BankState::into_transfer);
                Transfer::evolve(transfer, event).map(BankState::Transfer)
            }
            BankEvent::Projection(event) => {
                let record = state.and_then(BankState::into_projection);
                ProjectionRecord::evolve(record, event).map(BankState::Projection)
            }
            BankEvent::Subject(event) => evolve_subject(stream_id, state, event),
            BankEvent::Clock(event) => Clock::evolve(None, event).map(BankState::Clock),
        }
    }

    fn fingerprint(&self, stream_id: &StreamId) -> i32 {
        match stream_id.stream_type() {
            Account::STREAM_TYPE => Account::FINGERPRINT,
            Transfer::STREAM_TYPE => Transfer::FINGERPRINT,
            ProjectionRecord::STREAM_TYPE => ProjectionRecord::FINGERPRINT,
            Subject::STREAM_TYPE => Subject::FINGERPRINT,
            Clock::STREAM_TYPE => Clock::FINGERPRINT,
            // No other stream has a state, so no snapshot of one is believed.
            _ => 0,
        }
    }

    fn heap_bytes(&self, state: &BankState) -> usize {
        match state {
            BankState::Account(_) | BankState::Subject(_) | BankState::Clock(_) => 0,
            BankState::Transfer(transfer) => {
                // Each of these texts also has the two counts of its Arc.
                let texts = [
                    transfer.source.as_str(),
                    transfer.destination.as_str(),
                    transfer.initiator.as_str(),
                ];
                texts.iter().map(|text| text.len() + 2 * size_of::<usize>()).sum()
            }
            // A tree's nodes are half to fully filled.
            BankState::Projection(record) => 2 * record.skipped.len() * size_of::<EventPlace>(),
        }
    }

    fn encode_state(&self, state: &BankState) -> Result<String, serde_json::Error> {
        match state {
            BankState::Account(account) => serde_json::to_string(account),
            BankState::Transfer(transfer) => serde_json::to_string(transfer),
            BankState::Projection(record) => serde_json::to_string(record),
            BankState::Subject(subject) => serde_json::to_string(subject),
            BankState::Clock(clock) => serde_json::to_string(clock),
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
            ProjectionRecord::STREAM_TYPE => serde_json::from_str(text).map(BankState::Projection),
            Subject::STREAM_TYPE => serde_json::from_str(text).map(BankState::Subject),
            Clock::STREAM_TYPE => serde_json::from_str(text).map(BankState::Clock),
            _ => Err(serde::de::Error::custom("the stream holds nothing of this domain")),
        }
    }
}

/// A stream that tells a partition of erasures has no state: it may grow for ever, and nobody decides by it.
fn evolve_subject(
    stream_id: &StreamId,
    state: Option<BankState>,
    event: &SubjectEvent,
) -> Option<BankState> {
    if stream_id.stream_type() == ERASURE_STREAM_TYPE {
        return None;
    }
    let subject = state.and_then(BankState::into_subject);
    Subject::evolve(subject, event).map(BankState::Subject)
}
