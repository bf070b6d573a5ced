//! Why a transfer refuses: one variant a rule.

use daybook_core::domain::{Rejection, RejectionKind};
use daybook_core::ids::Actor;

use super::{TransferId, TransferStatus};
use crate::account::AccountId;

/// A broken rule of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// It was never initiated.
    #[error("transfer `{transfer_id}` does not exist")]
    NotFound {
        /// The id that the command names.
        transfer_id: TransferId,
    },
    /// It was initiated before.
    #[error("transfer `{transfer_id}` exists already")]
    Exists {
        /// The id that is taken.
        transfer_id: TransferId,
    },
    /// Source and destination are one account.
    #[error("transfer `{transfer_id}` would go from account `{account_id}` to itself")]
    SameAccount {
        /// The transfer that refuses.
        transfer_id: TransferId,
        /// The one account.
        account_id: AccountId,
    },
    /// It is past the state that the command is for, or not there yet.
    #[error("transfer `{transfer_id}` is {state} and would have to be {needed}")]
    WrongState {
        /// The transfer that refuses.
        transfer_id: TransferId,
        /// How far it is.
        state: TransferStatus,
        /// What the command needs, in words.
        needed: &'static str,
    },
    /// Its initiator may not approve it.
    #[error("transfer `{transfer_id}` was initiated by `{initiator}`, who may not approve it")]
    OwnApproval {
        /// The transfer that refuses.
        transfer_id: TransferId,
        /// Who asked for it.
        initiator: Actor,
    },
    /// There is nothing to approve or turn down.
    #[error("transfer `{transfer_id}` needs no approval: it can only be executed or cancelled")]
    ApprovalNotRequired {
        /// The transfer that refuses.
        transfer_id: TransferId,
    },
    /// Somebody other than the initiator must approve it first.
    #[error("transfer `{transfer_id}` must be approved before it is executed")]
    ApprovalMissing {
        /// The transfer that refuses.
        transfer_id: TransferId,
    },
}

impl TransferError {
    /// The transfer that refuses.
    #[must_use]
    pub fn transfer_id(&self) -> &TransferId {
        match self {
            Self::NotFound { transfer_id }
            | Self::Exists { transfer_id }
            | Self::SameAccount { transfer_id, .. }
            | Self::WrongState { transfer_id, .. }
            | Self::OwnApproval { transfer_id, .. }
            | Self::ApprovalNotRequired { transfer_id }
            | Self::ApprovalMissing { transfer_id } => transfer_id,
        }
    }
}

impl Rejection for TransferError {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::NotFound { .. } => RejectionKind::NotFound,
            Self::Exists { .. } => RejectionKind::AlreadyExists,
            Self::SameAccount { .. } => RejectionKind::Invalid { field: "destination_account_id" },
            Self::WrongState { .. }
            | Self::OwnApproval { .. }
            | Self::ApprovalNotRequired { .. }
            | Self::ApprovalMissing { .. } => RejectionKind::RuleBroken,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "TRANSFER_NOT_FOUND",
            Self::Exists { .. } => "TRANSFER_EXISTS",
            Self::SameAccount { .. } => "SAME_ACCOUNT",
            Self::WrongState { .. } => "WRONG_TRANSFER_STATE",
            Self::OwnApproval { .. } => "OWN_APPROVAL",
            Self::ApprovalNotRequired { .. } => "APPROVAL_NOT_REQUIRED",
            Self::ApprovalMissing { .. } => "APPROVAL_MISSING",
        }
    }

    fn subject(&self) -> String {
        self.transfer_id().stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::SameAccount { account_id, .. } => vec![("account_id", account_id.to_string())],
            Self::WrongState { state, needed, .. } => {
                vec![("state", state.to_string()), ("needed", (*needed).to_owned())]
            }
            Self::OwnApproval { initiator, .. } => vec![("initiator", initiator.to_string())],
            Self::NotFound { .. }
            | Self::Exists { .. }
            | Self::ApprovalNotRequired { .. }
            | Self::ApprovalMissing { .. } => Vec::new(),
        }
    }
}
