//! The state of any stream of the domain.

use crate::account::Account;
use crate::projection::ProjectionRecord;
use crate::transfer::Transfer;

/// An account, a transfer or what was decided about a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankState {
    /// What an account's stream folds to.
    Account(Account),
    /// What a transfer's stream folds to.
    Transfer(Transfer),
    /// What a projection's stream folds to.
    Projection(ProjectionRecord),
}

impl BankState {
    /// The account, if it is one.
    #[must_use]
    pub fn as_account(&self) -> Option<&Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Transfer(_) | Self::Projection(_) => None,
        }
    }

    /// The transfer, if it is one.
    #[must_use]
    pub fn as_transfer(&self) -> Option<&Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Account(_) | Self::Projection(_) => None,
        }
    }

    /// What was decided about the projection, if it is one.
    #[must_use]
    pub fn as_projection(&self) -> Option<&ProjectionRecord> {
        match self {
            Self::Projection(record) => Some(record),
            Self::Account(_) | Self::Transfer(_) => None,
        }
    }

    pub(super) fn into_account(self) -> Option<Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Transfer(_) | Self::Projection(_) => None,
        }
    }

    pub(super) fn into_transfer(self) -> Option<Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Account(_) | Self::Projection(_) => None,
        }
    }

    pub(super) fn into_projection(self) -> Option<ProjectionRecord> {
        match self {
            Self::Projection(record) => Some(record),
            Self::Account(_) | Self::Transfer(_) => None,
        }
    }
}
