//! `audit`: one row per event, whatever its domain and stream: who, when, why, in whose course, about how much. Rows are only ever
//! added; the words of reasons go from them when their subject is forgotten.

use daybook_bank::BankEvent;
use daybook_bank::account::AccountEvent;
use daybook_bank::account::STREAM_TYPE as ACCOUNT;
use daybook_bank::money::{Money, magnitude_of};
use daybook_bank::transfer::{Transfer, TransferEvent};
use daybook_core::clock::Clock;
use daybook_core::domain::Aggregate as _;
use daybook_core::projection::ProjectionRecord;
use daybook_core::subject::{ERASURE_STREAM_TYPE, Subject};
use daybook_domains::DaybookEvent;

use super::erasures::Erasures;
use super::partition_column;
use super::text::Text;
use crate::projection::{Changes, Fact, FoldError, Projection, RowChange, RowChanges};
use crate::rows::{Column, Kind, Rows};

/// The read model `audit`.
pub struct Audit;

impl Projection<DaybookEvent> for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn version(&self) -> i32 {
        5
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../../migrations/read/tables/audit.sql")
    }

    fn stream_types(&self) -> &'static [&'static str] {
        &[
            ACCOUNT,
            Transfer::STREAM_TYPE,
            ProjectionRecord::STREAM_TYPE,
            Clock::STREAM_TYPE,
            Subject::STREAM_TYPE,
            ERASURE_STREAM_TYPE,
        ]
    }

    fn clear_words(&self) -> Option<&'static str> {
        Some(include_str!("audit/clear_words.sql"))
    }

    fn changes(&self) -> Box<dyn Changes<DaybookEvent>> {
        let erasures = Erasures::new("audit", include_str!("audit/erase.sql"));
        Box::new(Trail { rows: Rows::new("audit", COLUMNS), erasures, address: String::new() })
    }
}

const COLUMNS: &[Column] = &[
    Column::new("position", Kind::BigInt),
    Column::new("recorded_at", Kind::Timestamp),
    Column::new("version", Kind::BigInt),
    Column::new("amount", Kind::BigInt),
    Column::new("event_id", Kind::Uuid),
    Column::new("partition", Kind::SmallInt),
    Column::new("magnitude", Kind::SmallInt),
    Column::new("stream_id", Kind::Text),
    Column::new("event_type", Kind::Text),
    Column::new("actor", Kind::Text),
    Column::new("correlation_id", Kind::Text),
    Column::new("causation_id", Kind::Text),
    Column::new("command_id", Kind::Text),
    Column::new("currency", Kind::Text),
    Column::new("ip", Kind::Text),
    Column::new("reason", Kind::Text),
    Column::new("words", Kind::Words),
    Column::new("subject_id", Kind::Text),
];

/// In the order of the log: nobody else writes a row of such a position, so there is nobody to wait for.
struct Trail {
    rows: Rows,
    erasures: Erasures,
    /// The row's address as text, written here over and over.
    address: String,
}

impl Changes<DaybookEvent> for Trail {
    fn apply(&mut self, fact: Fact<'_, DaybookEvent>) -> Result<(), FoldError> {
        self.erasures.note(&fact)?;
        let (recorded, metadata) = (fact.recorded, fact.metadata);
        let about = About::of(fact.payload);
        let command_id = metadata.command_id.as_str();
        let correlation_id = metadata.correlation_id.as_str();
        self.address.clear();
        if let Some(ip) = metadata.ip {
            self.address = ip.to_string();
        }
        let reason = metadata.reason.as_ref().map(Text::from);
        let words = fact.words?;
        self.rows.push(&[
            recorded.position.get().into(),
            recorded.recorded_at.into(),
            recorded.version.get().into(),
            about.amount().map(|amount| amount.minor_units).into(),
            recorded.event_id.into(),
            partition_column(recorded)?.into(),
            about.magnitude().into(),
            recorded.stream_id.as_str().into(),
            (&*recorded.event_type).into(),
            metadata.actor.as_str().into(),
            correlation_id.into(),
            metadata.causation_id.as_ref().map(|id| id.as_str()).into(),
            (command_id != correlation_id).then_some(command_id).into(),
            about.amount().map(|amount| amount.currency.code()).into(),
            metadata.ip.map(|_| self.address.as_str()).into(),
            reason.map(|reason| reason.text).into(),
            words.into(),
            reason.and_then(|reason| reason.subject).into(),
        ]);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.rows.bytes() + self.erasures.bytes()
    }

    fn take_final(&mut self) -> RowChanges {
        let rows = self.rows.take();
        Box::new((!rows.is_empty()).then_some(RowChange::Insert(rows)).into_iter())
    }

    fn take(&mut self) -> RowChanges {
        let rows = self.take_final();
        self.erasures.take_behind(rows)
    }
}

/// How much an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Nothing,
    Amount(Money),
    /// That of the first event of its stream.
    AmountOfFirst,
}

impl About {
    fn of(event: &DaybookEvent) -> Self {
        match event {
            DaybookEvent::Bank(event) => Self::of_bank(event),
            DaybookEvent::System(_) => Self::Nothing,
        }
    }

    fn of_bank(event: &BankEvent) -> Self {
        match event {
            BankEvent::Account(event) => Self::of_account(event),
            BankEvent::Transfer(TransferEvent::Initiated(e)) => Self::Amount(e.amount),
            BankEvent::Transfer(
                TransferEvent::Approved(_)
                | TransferEvent::Rejected(_)
                | TransferEvent::Cancelled(_)
                | TransferEvent::Executed(_),
            ) => Self::AmountOfFirst,
        }
    }

    fn of_account(event: &AccountEvent) -> Self {
        match event {
            AccountEvent::Deposited(e) => Self::Amount(e.amount),
            AccountEvent::Withdrawn(e) => Self::Amount(e.amount),
            AccountEvent::FeeCharged(e) => Self::Amount(e.amount),
            AccountEvent::Refunded(e) => Self::Amount(e.amount),
            AccountEvent::FundsHeld(e) => Self::Amount(e.amount),
            AccountEvent::HoldReleased(e) => Self::Amount(e.amount),
            AccountEvent::TransferDebited(e) => Self::Amount(e.amount),
            AccountEvent::TransferCredited(e) => Self::Amount(e.amount),
            AccountEvent::Opened(_)
            | AccountEvent::Frozen(_)
            | AccountEvent::Unfrozen(_)
            | AccountEvent::Closed(_) => Self::Nothing,
        }
    }

    fn amount(self) -> Option<Money> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Nothing | Self::AmountOfFirst => None,
        }
    }

    /// As the table has it.
    fn magnitude(self) -> Option<i16> {
        match self {
            Self::Nothing => None,
            Self::AmountOfFirst => Some(0),
            Self::Amount(amount) => Some(magnitude_of(amount.minor_units)),
        }
    }
}
