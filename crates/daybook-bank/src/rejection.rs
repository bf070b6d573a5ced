//! Why the domain refuses: what the account, the transfer or the projection said.

use daybook_core::clock::ClockError;
use daybook_core::domain::{Rejection, RejectionKind};
use daybook_core::projection::ProjectionError;
use daybook_core::subject::SubjectError;

use crate::account::AccountError;
use crate::transfer::TransferError;

/// A broken rule of an account, a transfer, a projection or of forgetting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankRejection {
    /// Of an account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Of a transfer.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// Of a projection.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// Of forgetting.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// Of the log's clock.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

impl Rejection for BankRejection {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::Account(error) => error.kind(),
            Self::Transfer(error) => error.kind(),
            Self::Projection(error) => error.kind(),
            Self::Subject(error) => error.kind(),
            Self::Clock(error) => error.kind(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Account(error) => error.reason(),
            Self::Transfer(error) => error.reason(),
            Self::Projection(error) => error.reason(),
            Self::Subject(error) => error.reason(),
            Self::Clock(error) => error.reason(),
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Account(error) => error.subject(),
            Self::Transfer(error) => error.subject(),
            Self::Projection(error) => error.subject(),
            Self::Subject(error) => error.subject(),
            Self::Clock(error) => error.subject(),
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Account(error) => error.facts(),
            Self::Transfer(error) => error.facts(),
            Self::Projection(error) => error.facts(),
            Self::Subject(error) => error.facts(),
            Self::Clock(error) => error.facts(),
        }
    }
}
