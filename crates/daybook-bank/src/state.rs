//! The state of any stream of the domain.

use daybook_core::clock::Clock;
use daybook_core::projection::ProjectionRecord;
use daybook_core::subject::Subject;

use crate::account::Account;
use crate::transfer::Transfer;

/// An account, a transfer, what was decided about a projection, or how far a data subject is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankState {
    /// What an account's stream folds to.
    Account(Account),
    /// What a transfer's stream folds to.
    Transfer(Transfer),
    /// What a projection's stream folds to.
    Projection(ProjectionRecord),
    /// What a data subject's stream folds to.
    Subject(Subject),
    /// What the stream of the log's clock folds to.
    Clock(Clock),
}

impl BankState {
    /// The account, if it is one.
    #[must_use]
    pub fn as_account(&self) -> Option<&Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Transfer(_) | Self::Projection(_) | Self::Subject(_) | Self::Clock(_) => None,
        }
    }

    /// The transfer, if it is one.
    #[must_use]
    pub fn as_transfer(&self) -> Option<&Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Account(_) | Self::Projection(_) | Self::Subject(_) | Self::Clock(_) => None,
        }
    }

    /// What was decided about the projection, if it is one.
    #[must_use]
    pub fn as_projection(&self) -> Option<&ProjectionRecord> {
        match self {
            Self::Projection(record) => Some(record),
            Self::Account(_) | Self::Transfer(_) | Self::Subject(_) | Self::Clock(_) => None,
        }
    }

    /// How far the data subject is forgotten, if it is one.
    #[must_use]
    pub fn as_subject(&self) -> Option<&Subject> {
        match self {
            Self::Subject(subject) => Some(subject),
            Self::Account(_) | Self::Transfer(_) | Self::Projection(_) | Self::Clock(_) => None,
        }
    }

    /// What was accepted of the log's clock, if it is that.
    #[must_use]
    pub fn as_clock(&self) -> Option<&Clock> {
        match self {
            Self::Clock(clock) => Some(clock),
            Self::Account(_) | Self::Transfer(_) | Self::Projection(_) | Self::Subject(_) => None,
        }
    }

    pub(crate) fn into_account(self) -> Option<Account> {
        match self {
            Self::Account(account) => Some(account),
            Self::Transfer(_) | Self::Projection(_) | Self::Subject(_) | Self::Clock(_) => None,
        }
    }

    pub(crate) fn into_transfer(self) -> Option<Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Account(_) | Self::Projection(_) | Self::Subject(_) | Self::Clock(_) => None,
        }
    }

    pub(crate) fn into_projection(self) -> Option<ProjectionRecord> {
        match self {
            Self::Projection(record) => Some(record),
            Self::Account(_) | Self::Transfer(_) | Self::Subject(_) | Self::Clock(_) => None,
        }
    }

    pub(crate) fn into_subject(self) -> Option<Subject> {
        self.as_subject().copied()
    }
}
