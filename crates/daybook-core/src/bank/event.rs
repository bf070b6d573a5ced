//! All that the domain records.

use crate::account::AccountEvent;
use crate::event::{DecodeError, EventPayload};
use crate::projection::ProjectionEvent;
use crate::transfer::TransferEvent;

/// An event of an account, a transfer or a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankEvent {
    /// In an account's stream.
    Account(AccountEvent),
    /// In a transfer's stream.
    Transfer(TransferEvent),
    /// In a projection's stream; no read model of the domain changes by it.
    Projection(ProjectionEvent),
}

/// Every stored type: the account's, the transfer's, the projection's.
pub const ALL_EVENT_TYPES: &[&str] = &{
    const ACCOUNT: &[&str] = AccountEvent::EVENT_TYPES;
    const TRANSFER: &[&str] = TransferEvent::EVENT_TYPES;
    const PROJECTION: &[&str] = ProjectionEvent::EVENT_TYPES;
    const BEFORE_PROJECTION: usize = ACCOUNT.len() + TRANSFER.len();
    let mut all = [""; BEFORE_PROJECTION + PROJECTION.len()];
    let mut n = 0;
    while n < all.len() {
        all[n] = if n < ACCOUNT.len() {
            ACCOUNT[n]
        } else if n < BEFORE_PROJECTION {
            TRANSFER[n - ACCOUNT.len()]
        } else {
            PROJECTION[n - BEFORE_PROJECTION]
        };
        n += 1;
    }
    all
};

impl EventPayload for BankEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Account(event) => event.event_type(),
            Self::Transfer(event) => event.event_type(),
            Self::Projection(event) => event.event_type(),
        }
    }

    fn schema_version(&self) -> i32 {
        match self {
            Self::Account(event) => event.schema_version(),
            Self::Transfer(event) => event.schema_version(),
            Self::Projection(event) => event.schema_version(),
        }
    }

    fn encode(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Account(event) => event.encode(),
            Self::Transfer(event) => event.encode(),
            Self::Projection(event) => event.encode(),
        }
    }

    fn decode(event_type: &str, schema_version: i32, data: &str) -> Result<Self, DecodeError> {
        if AccountEvent::schema_version_of(event_type).is_some() {
            AccountEvent::decode(event_type, schema_version, data).map(Self::Account)
        } else if TransferEvent::schema_version_of(event_type).is_some() {
            TransferEvent::decode(event_type, schema_version, data).map(Self::Transfer)
        } else {
            ProjectionEvent::decode(event_type, schema_version, data).map(Self::Projection)
        }
    }
}

impl From<AccountEvent> for BankEvent {
    fn from(event: AccountEvent) -> Self {
        Self::Account(event)
    }
}

impl From<TransferEvent> for BankEvent {
    fn from(event: TransferEvent) -> Self {
        Self::Transfer(event)
    }
}

impl From<ProjectionEvent> for BankEvent {
    fn from(event: ProjectionEvent) -> Self {
        Self::Projection(event)
    }
}
