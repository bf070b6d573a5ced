//! All that the domain records.

use daybook_core::clock::ClockEvent;
use daybook_core::event::{DecodeError, EventPayload, PersonalVisitor};
use daybook_core::projection::ProjectionEvent;
use daybook_core::subject::SubjectEvent;

use crate::account::AccountEvent;
use crate::transfer::TransferEvent;

/// An event of an account, a transfer, a projection or a data subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankEvent {
    /// In an account's stream.
    Account(AccountEvent),
    /// In a transfer's stream.
    Transfer(TransferEvent),
    /// In a projection's stream; no read model of the domain changes by it.
    Projection(ProjectionEvent),
    /// In the stream of a data subject, or in one that tells a partition of erasures.
    Subject(SubjectEvent),
    /// In the stream of the log's clock; no read model of the domain changes by it.
    Clock(ClockEvent),
}

/// Every stored type: the account's, the transfer's, the projection's, the subject's, the clock's.
pub const ALL_EVENT_TYPES: &[&str] = &{
    const OF: [&[&str]; 5] = [
        AccountEvent::EVENT_TYPES,
        TransferEvent::EVENT_TYPES,
        ProjectionEvent::EVENT_TYPES,
        SubjectEvent::EVENT_TYPES,
        ClockEvent::EVENT_TYPES,
    ];
    let mut all = [""; OF[0].len() + OF[1].len() + OF[2].len() + OF[3].len() + OF[4].len()];
    let (mut kind, mut of_kind, mut n) = (0, 0, 0);
    while n < all.len() {
        if of_kind == OF[kind].len() {
            (kind, of_kind) = (kind + 1, 0);
        } else {
            all[n] = OF[kind][of_kind];
            (of_kind, n) = (of_kind + 1, n + 1);
        }
    }
    all
};

impl EventPayload for BankEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Account(event) => event.event_type(),
            Self::Transfer(event) => event.event_type(),
            Self::Projection(event) => event.event_type(),
            Self::Subject(event) => event.event_type(),
            Self::Clock(event) => event.event_type(),
        }
    }

    fn schema_version(&self) -> i32 {
        match self {
            Self::Account(event) => event.schema_version(),
            Self::Transfer(event) => event.schema_version(),
            Self::Projection(event) => event.schema_version(),
            Self::Subject(event) => event.schema_version(),
            Self::Clock(event) => event.schema_version(),
        }
    }

    fn encode(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Account(event) => event.encode(),
            Self::Transfer(event) => event.encode(),
            Self::Projection(event) => event.encode(),
            Self::Subject(event) => event.encode(),
            Self::Clock(event) => event.encode(),
        }
    }

    fn decode(event_type: &str, schema_version: i32, data: &str) -> Result<Self, DecodeError> {
        if AccountEvent::schema_version_of(event_type).is_some() {
            AccountEvent::decode(event_type, schema_version, data).map(Self::Account)
        } else if TransferEvent::schema_version_of(event_type).is_some() {
            TransferEvent::decode(event_type, schema_version, data).map(Self::Transfer)
        } else if SubjectEvent::schema_version_of(event_type).is_some() {
            SubjectEvent::decode(event_type, schema_version, data).map(Self::Subject)
        } else if ClockEvent::schema_version_of(event_type).is_some() {
            ClockEvent::decode(event_type, schema_version, data).map(Self::Clock)
        } else {
            ProjectionEvent::decode(event_type, schema_version, data).map(Self::Projection)
        }
    }

    fn visit_personal(&mut self, visit: PersonalVisitor<'_>) {
        match self {
            Self::Account(event) => event.visit_personal(visit),
            Self::Transfer(event) => event.visit_personal(visit),
            Self::Projection(event) => event.visit_personal(visit),
            Self::Subject(event) => event.visit_personal(visit),
            Self::Clock(event) => event.visit_personal(visit),
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

impl From<SubjectEvent> for BankEvent {
    fn from(event: SubjectEvent) -> Self {
        Self::Subject(event)
    }
}

impl From<ClockEvent> for BankEvent {
    fn from(event: ClockEvent) -> Self {
        Self::Clock(event)
    }
}
