//! What happens to transfers.

use daybook_core::event::event_payload;
use daybook_core::ids::Actor;
use daybook_core::upcast::Upcaster;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::money::Money;

/// An event of one transfer's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferEvent {
    /// `transfer-initiated`
    Initiated(TransferInitiated),
    /// `transfer-approved`
    Approved(TransferApproved),
    /// `transfer-rejected`
    Rejected(TransferRejected),
    /// `transfer-cancelled`
    Cancelled(TransferCancelled),
    /// `transfer-executed`
    Executed(TransferExecuted),
}

event_payload! {
    TransferEvent, upcasters: UPCASTERS;
    Initiated(TransferInitiated) = "transfer-initiated", 1;
    Approved(TransferApproved) = "transfer-approved", 1;
    Rejected(TransferRejected) = "transfer-rejected", 1;
    Cancelled(TransferCancelled) = "transfer-cancelled", 1;
    Executed(TransferExecuted) = "transfer-executed", 1;
}

/// How payloads of older schema versions are read: none yet.
const UPCASTERS: &[Upcaster] = &[];

/// A transfer was asked for; the money is held on its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferInitiated {
    /// Where the money comes from.
    pub source: AccountId,
    /// Where it goes.
    pub destination: AccountId,
    /// Amount to transfer.
    pub amount: Money,
    /// Who asked: the one who may not approve it.
    pub initiator: Actor,
    /// Whether somebody else must approve it first; not below the amount configured at the time.
    pub approval_required: bool,
}

/// Somebody other than the initiator approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferApproved {
    /// Who.
    pub approver: Actor,
}

/// It was turned down before it was approved; the hold is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRejected {}

/// It was called off before it was executed; the hold is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferCancelled {}

/// The money moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferExecuted {}
