//! `audit`: one row per event, whatever its domain and stream: who, when, why, in whose course, about how much. Rows
//! are only ever added; the words of reasons go from them when their subject is forgotten.

use daybook_core::compose::Part;
use daybook_core::domain::Domain;
use daybook_core::magnitude::magnitude_of;
use daybook_core::read_model::{AUDIT, ReadModel};
use daybook_core::system::SystemEvent;

use crate::erasures::Erasures;
use crate::projection::{
    Changes, Fact, FoldError, Projection, RowChange, RowChanges, partition_column,
};
use crate::rows::{Column, Kind, Rows};
use crate::text::Text;

/// The read model `audit` of events `E`.
pub struct Audit<E> {
    about: fn(&E) -> About,
    stream_types: Vec<&'static str>,
}

/// How much an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// No amount.
    Nothing,
    /// This one.
    Amount {
        /// In minor units of the currency.
        minor_units: i64,
        /// Its code.
        currency: &'static str,
    },
    /// That of the first event of its stream.
    AmountOfFirst,
}

impl<E> Audit<E> {
    /// Of a domain's events, and how much each of them is about.
    #[must_use]
    pub fn of<D: Domain<Event = E>>(about: fn(&E) -> About) -> Self {
        Self { about, stream_types: D::STREAMS.iter().map(|kind| kind.stream_type).collect() }
    }
}

impl<E: Part<SystemEvent> + 'static> Projection<E> for Audit<E> {
    fn read_model(&self) -> ReadModel {
        AUDIT
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/audit.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &self.stream_types
    }

    fn clear_words(&self) -> Option<&'static str> {
        Some(include_str!("audit/clear_words.sql"))
    }

    fn changes(&self) -> Box<dyn Changes<E>> {
        let erasures = Erasures::new("audit", include_str!("audit/erase.sql"));
        let rows = Rows::new("audit", COLUMNS);
        Box::new(Trail { about: self.about, rows, erasures, address: String::new() })
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
struct Trail<E> {
    about: fn(&E) -> About,
    rows: Rows,
    erasures: Erasures,
    /// The row's address as text, written here over and over.
    address: String,
}

impl<E: Part<SystemEvent>> Changes<E> for Trail<E> {
    fn apply(&mut self, fact: Fact<'_, E>) -> Result<(), FoldError> {
        self.erasures.note(&fact)?;
        let (recorded, metadata) = (fact.recorded, fact.metadata);
        let about = (self.about)(fact.payload);
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
            about.minor_units().into(),
            recorded.event_id.into(),
            partition_column(recorded)?.into(),
            about.magnitude().into(),
            recorded.stream_id.as_str().into(),
            (&*recorded.event_type).into(),
            metadata.actor.as_str().into(),
            correlation_id.into(),
            metadata.causation_id.as_ref().map(|id| id.as_str()).into(),
            (command_id != correlation_id).then_some(command_id).into(),
            about.currency().into(),
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

impl About {
    fn minor_units(self) -> Option<i64> {
        match self {
            Self::Amount { minor_units, .. } => Some(minor_units),
            Self::Nothing | Self::AmountOfFirst => None,
        }
    }

    fn currency(self) -> Option<&'static str> {
        match self {
            Self::Amount { currency, .. } => Some(currency),
            Self::Nothing | Self::AmountOfFirst => None,
        }
    }

    /// As the table has it.
    fn magnitude(self) -> Option<i16> {
        match self {
            Self::Nothing => None,
            Self::AmountOfFirst => Some(0),
            Self::Amount { minor_units, .. } => Some(magnitude_of(minor_units)),
        }
    }
}
