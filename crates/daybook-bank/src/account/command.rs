//! What an account can be told directly. (What transfers do to accounts is in `crate::decide`.)

use daybook_core::personal::Personal;
use serde::Serialize;

use super::AccountId;
use crate::money::{Currency, Money};

/// A command to one account.
///
/// Its JSON is hashed, and never changes: see [`Domain::Command`](daybook_core::domain::Domain::Command).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum AccountCommand {
    /// Opens it.
    #[serde(rename = "OpenAccount")]
    OpenAccount {
        /// The account to open.
        account_id: AccountId,
        /// Whose it is.
        owner: Personal,
        /// The one currency it is held in.
        currency: Currency,
        /// How far below zero it may go, in minor units; zero or more.
        overdraft_limit: i64,
    },
    /// Puts money from outside on it.
    #[serde(rename = "Deposit")]
    Deposit {
        /// The account that receives the money.
        account_id: AccountId,
        /// How much, more than zero.
        amount: Money,
    },
    /// Pays money out to its owner.
    #[serde(rename = "Withdraw")]
    Withdraw {
        /// The account that pays out.
        account_id: AccountId,
        /// How much, more than zero.
        amount: Money,
    },
    /// Takes a fee.
    #[serde(rename = "ChargeFee")]
    ChargeFee {
        /// The account that pays the fee.
        account_id: AccountId,
        /// How much, more than zero.
        amount: Money,
    },
    /// Gives money back out of the account to a customer.
    #[serde(rename = "Refund")]
    Refund {
        /// The account that pays the refund.
        account_id: AccountId,
        /// How much, more than zero.
        amount: Money,
        /// Who gets it.
        customer: Personal,
    },
    /// Refuses debits from now on.
    #[serde(rename = "FreezeAccount")]
    FreezeAccount {
        /// The account to freeze.
        account_id: AccountId,
    },
    /// Allows debits again.
    #[serde(rename = "UnfreezeAccount")]
    UnfreezeAccount {
        /// The account to unfreeze.
        account_id: AccountId,
    },
    /// Closes it for good; only with nothing on it and nothing held.
    #[serde(rename = "CloseAccount")]
    CloseAccount {
        /// The account to close.
        account_id: AccountId,
    },
}

impl AccountCommand {
    /// The account that it is for.
    #[must_use]
    pub fn account_id(&self) -> &AccountId {
        match self {
            Self::OpenAccount { account_id, .. }
            | Self::Deposit { account_id, .. }
            | Self::Withdraw { account_id, .. }
            | Self::ChargeFee { account_id, .. }
            | Self::Refund { account_id, .. }
            | Self::FreezeAccount { account_id }
            | Self::UnfreezeAccount { account_id }
            | Self::CloseAccount { account_id } => account_id,
        }
    }
}
