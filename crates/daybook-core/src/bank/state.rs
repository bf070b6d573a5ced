//! The state of any stream of the domain.

use crate::account::Account;
use crate::transfer::Transfer;

/// An account or a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankState {
    /// What an account's stream folds to.
    Account(Account),
    /// What a transfer's stream folds to.
    Transfer(Transfer),
}

impl BankState {
    /// The account, if it is one.
    #[must_use]
    pub fn as_account(&self) -> Option<&Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Transfer(_) => None,
        }
    }

    /// The transfer, if it is one.
    #[must_use]
    pub fn as_transfer(&self) -> Option<&Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Account(_) => None,
        }
    }

    pub(super) fn into_account(self) -> Option<Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Transfer(_) => None,
        }
    }

    pub(super) fn into_transfer(self) -> Option<Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Account(_) => None,
        }
    }
}
