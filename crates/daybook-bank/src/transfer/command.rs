//! What a transfer can be told.

use serde::Serialize;

use super::TransferId;
use crate::account::AccountId;
use crate::money::Money;

/// A command to one transfer.
///
/// Its JSON is hashed, and never changes: see [`Domain::Command`](daybook_core::domain::Domain::Command).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TransferCommand {
    /// Asks for a transfer and holds the money on its source. It names the source account first: that is the stream
    /// whose version a caller may pin, so that nobody initiates against a balance that is no longer so.
    #[serde(rename = "InitiateTransfer")]
    InitiateTransfer {
        /// Where the money comes from.
        source: AccountId,
        /// The new transfer's id.
        transfer_id: TransferId,
        /// Where the money goes.
        destination: AccountId,
        /// How much, more than zero.
        amount: Money,
    },
    /// Approves it; not by its initiator.
    #[serde(rename = "ApproveTransfer")]
    ApproveTransfer {
        /// The transfer to approve.
        transfer_id: TransferId,
    },
    /// Turns it down while it waits for approval, and releases the hold.
    #[serde(rename = "RejectTransfer")]
    RejectTransfer {
        /// The transfer to reject.
        transfer_id: TransferId,
    },
    /// Calls it off before it is executed, and releases the hold.
    #[serde(rename = "CancelTransfer")]
    CancelTransfer {
        /// The transfer to cancel.
        transfer_id: TransferId,
    },
    /// Moves the money.
    #[serde(rename = "ExecuteTransfer")]
    ExecuteTransfer {
        /// The transfer to execute.
        transfer_id: TransferId,
    },
}

impl TransferCommand {
    /// The transfer that it is for.
    #[must_use]
    pub fn transfer_id(&self) -> &TransferId {
        match self {
            Self::InitiateTransfer { transfer_id, .. }
            | Self::ApproveTransfer { transfer_id }
            | Self::RejectTransfer { transfer_id }
            | Self::CancelTransfer { transfer_id }
            | Self::ExecuteTransfer { transfer_id } => transfer_id,
        }
    }
}
