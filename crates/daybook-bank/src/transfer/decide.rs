//! The transfer's own part of each decision: may it take this step? What a step does to the accounts is in
//! `crate::decide`.

use daybook_core::ids::Actor;

use super::event::{TransferApproved, TransferCancelled, TransferExecuted, TransferRejected};
use super::{Transfer, TransferError, TransferId, TransferStatus};

/// The transfer, or the refusal that says that it does not exist.
pub(crate) fn transfer_of<'a>(
    id: &TransferId,
    transfer: Option<&'a Transfer>,
) -> Result<&'a Transfer, TransferError> {
    transfer.ok_or_else(|| TransferError::NotFound { transfer_id: id.clone() })
}

/// Approving: four eyes, once, while it waits for it.
pub(crate) fn approve(
    id: &TransferId,
    transfer: &Transfer,
    actor: &Actor,
) -> Result<TransferApproved, TransferError> {
    check_waits_for_approval(id, transfer)?;
    if *actor == transfer.initiator {
        return Err(TransferError::OwnApproval {
            transfer_id: id.clone(),
            initiator: transfer.initiator.clone(),
        });
    }
    Ok(TransferApproved { approver: actor.clone() })
}

/// Turning down: while it waits for approval. Its initiator may, too: that harms nobody.
pub(crate) fn reject(
    id: &TransferId,
    transfer: &Transfer,
) -> Result<TransferRejected, TransferError> {
    check_waits_for_approval(id, transfer)?;
    Ok(TransferRejected {})
}

/// Calling off: at any time before it has ended.
pub(crate) fn cancel(
    id: &TransferId,
    transfer: &Transfer,
) -> Result<TransferCancelled, TransferError> {
    match transfer.status {
        TransferStatus::Initiated | TransferStatus::Approved => Ok(TransferCancelled {}),
        TransferStatus::Rejected | TransferStatus::Cancelled | TransferStatus::Executed => {
            Err(wrong_state(id, transfer, "initiated or approved"))
        }
    }
}

/// Executing: once it was approved, or at once where that is not required.
pub(crate) fn execute(
    id: &TransferId,
    transfer: &Transfer,
) -> Result<TransferExecuted, TransferError> {
    match transfer.status {
        TransferStatus::Approved => Ok(TransferExecuted {}),
        TransferStatus::Initiated if !transfer.approval_required => Ok(TransferExecuted {}),
        TransferStatus::Initiated => {
            Err(TransferError::ApprovalMissing { transfer_id: id.clone() })
        }
        TransferStatus::Rejected | TransferStatus::Cancelled | TransferStatus::Executed => {
            Err(wrong_state(id, transfer, "approved, or initiated without need of approval"))
        }
    }
}

fn check_waits_for_approval(id: &TransferId, transfer: &Transfer) -> Result<(), TransferError> {
    if transfer.status != TransferStatus::Initiated {
        return Err(wrong_state(id, transfer, "initiated and waiting for approval"));
    }
    if !transfer.approval_required {
        return Err(TransferError::ApprovalNotRequired { transfer_id: id.clone() });
    }
    Ok(())
}

fn wrong_state(id: &TransferId, transfer: &Transfer, needed: &'static str) -> TransferError {
    TransferError::WrongState { transfer_id: id.clone(), state: transfer.status, needed }
}
