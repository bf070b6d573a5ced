//! What an account is at one version of its stream: all that its rules need, and nothing personal.

use std::fmt;

use daybook_core::domain::Aggregate;
use serde::{Deserialize, Serialize};

use super::event::AccountEvent;
use crate::money::Currency;

/// An account that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The one currency it is held in.
    pub currency: Currency,
    /// How far below zero it may go, in minor units; zero or more.
    pub overdraft_limit: i64,
    /// What is posted, in minor units.
    pub balance: i64,
    /// What is set aside for transfers, in minor units; part of the balance until they are executed.
    pub held: i64,
    /// Whether it may be used.
    pub status: AccountStatus,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// For everything.
    Open,
    /// For credits only.
    Frozen,
    /// For nothing, ever again.
    Closed,
}

impl Account {
    /// What may be taken out: posted − held + overdraft limit. Wider than its parts, so that it is always exact; the
    /// rules keep it within 0 ..= `i64::MAX`.
    #[must_use]
    pub fn available(&self) -> i128 {
        i128::from(self.balance) - i128::from(self.held) + i128::from(self.overdraft_limit)
    }
}

impl Aggregate for Account {
    const STREAM_TYPE: &'static str = super::STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = AccountEvent;

    /// Takes balance and sum of holds from the event, which carries them, so that no arithmetic can fail here. What
    /// precedes the opening is nothing, and stays nothing.
    fn evolve(state: Option<Self>, event: &AccountEvent) -> Option<Self> {
        if let AccountEvent::Opened(opened) = event {
            return Some(Self {
                currency: opened.currency,
                overdraft_limit: opened.overdraft_limit,
                balance: 0,
                held: 0,
                status: AccountStatus::Open,
            });
        }
        let mut account = state?;
        match event {
            AccountEvent::Opened(_) => {}
            AccountEvent::Deposited(e) => account.balance = e.balance,
            AccountEvent::Withdrawn(e) => account.balance = e.balance,
            AccountEvent::FeeCharged(e) => account.balance = e.balance,
            AccountEvent::Refunded(e) => account.balance = e.balance,
            AccountEvent::TransferDebited(e) => account.balance = e.balance,
            AccountEvent::TransferCredited(e) => account.balance = e.balance,
            AccountEvent::FundsHeld(e) => account.held = e.held,
            AccountEvent::HoldReleased(e) => account.held = e.held,
            AccountEvent::Frozen(_) => account.status = AccountStatus::Frozen,
            AccountEvent::Unfrozen(_) => account.status = AccountStatus::Open,
            AccountEvent::Closed(_) => account.status = AccountStatus::Closed,
        }
        Some(account)
    }
}

impl AccountStatus {
    /// The word for it, as in read models and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for AccountStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
