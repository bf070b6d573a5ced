//! What a transfer is at one version of its stream.

use std::fmt;

use daybook_core::domain::Aggregate;
use daybook_core::ids::Actor;
use serde::{Deserialize, Serialize};

use super::event::TransferEvent;
use crate::account::AccountId;
use crate::money::Money;

/// A transfer that was initiated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Where the money comes from, and is held until the transfer ends.
    pub source: AccountId,
    /// Where it goes.
    pub destination: AccountId,
    /// Amount to transfer.
    pub amount: Money,
    /// Who asked: the one who may not approve it.
    pub initiator: Actor,
    /// Whether somebody else must approve it first.
    pub approval_required: bool,
    /// How far it is.
    pub status: TransferStatus,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// Asked for; the money is held.
    Initiated,
    /// Somebody other than the initiator agreed; the money is held.
    Approved,
    /// Turned down before it was approved; ended.
    Rejected,
    /// Called off before it was executed; ended.
    Cancelled,
    /// The money moved; ended.
    Executed,
}

impl Aggregate for Transfer {
    const STREAM_TYPE: &'static str = super::STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = TransferEvent;

    /// What precedes the initiation is nothing, and stays nothing.
    fn evolve(state: Option<Self>, event: &TransferEvent) -> Option<Self> {
        let status = match event {
            TransferEvent::Initiated(e) => {
                return Some(Self {
                    source: e.source.clone(),
                    destination: e.destination.clone(),
                    amount: e.amount,
                    initiator: e.initiator.clone(),
                    approval_required: e.approval_required,
                    status: TransferStatus::Initiated,
                });
            }
            TransferEvent::Approved(_) => TransferStatus::Approved,
            TransferEvent::Rejected(_) => TransferStatus::Rejected,
            TransferEvent::Cancelled(_) => TransferStatus::Cancelled,
            TransferEvent::Executed(_) => TransferStatus::Executed,
        };
        Some(Self { status, ..state? })
    }
}

impl TransferStatus {
    /// The word for it, as in read models and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Executed => "executed",
        }
    }
}

impl fmt::Display for TransferStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
