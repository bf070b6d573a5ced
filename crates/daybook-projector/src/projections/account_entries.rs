//! `account_entries`: one row a money movement of an account, its statement. Rows are only ever added; personal texts go
//! from them when their subject is forgotten.

use daybook_core::bank::BankEvent;
use daybook_core::subject::ERASURE_STREAM_TYPE;

use super::erasures::Erasures;
use super::movement::Movement;
use super::partition_column;
use crate::projection::{Changes, Fact, FoldError, Projection, RowChange, RowChanges};
use crate::rows::{Column, Kind, Rows};

/// The read model `account_entries`.
pub struct AccountEntries;

impl Projection<BankEvent> for AccountEntries {
    fn name(&self) -> &'static str {
        "account_entries"
    }

    fn version(&self) -> i32 {
        3
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../../migrations/read/tables/account_entries.sql")
    }

    fn stream_types(&self) -> &'static [&'static str] {
        &["account", ERASURE_STREAM_TYPE]
    }

    /// Each entry stands by itself.
    fn may_begin_late(&self) -> bool {
        true
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        let erase = include_str!("account_entries/erase.sql");
        let erasures = Erasures::new("account_entries", erase);
        Box::new(Entries { rows: Rows::new("account_entries", COLUMNS), erasures })
    }
}

const COLUMNS: &[Column] = &[
    Column::new("account_id", Kind::Text),
    Column::new("recorded_at", Kind::Timestamp),
    Column::new("version", Kind::BigInt),
    Column::new("position", Kind::BigInt),
    Column::new("partition", Kind::SmallInt),
    Column::new("kind", Kind::Text),
    Column::new("amount", Kind::BigInt),
    Column::new("balance", Kind::BigInt),
    Column::new("currency", Kind::Text),
    Column::new("counterparty", Kind::Text),
    Column::new("transfer_id", Kind::Text),
    Column::new("actor", Kind::Text),
    Column::new("reason", Kind::Text),
    Column::new("correlation_id", Kind::Text),
    Column::new("subject_id", Kind::Text),
];

/// In the order of the log: nobody else writes an entry with such a key, so there is nobody to wait for.
struct Entries {
    rows: Rows,
    erasures: Erasures,
}

impl Changes<BankEvent> for Entries {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let BankEvent::Account(event) = fact.payload else { return self.erasures.note(&fact) };
        let Some(movement) = Movement::of(event) else { return Ok(()) };
        let (recorded, metadata) = (fact.recorded, fact.metadata);
        let personal = metadata.reason.is_some() || movement.names_person;
        self.rows.push(&[
            recorded.stream_id.id().into(),
            recorded.recorded_at.into(),
            recorded.version.get().into(),
            recorded.position.get().into(),
            partition_column(recorded)?.into(),
            movement.kind.into(),
            movement.signed_amount()?.into(),
            movement.balance.into(),
            movement.amount.currency.code().into(),
            movement.counterparty.into(),
            movement.transfer_id.into(),
            metadata.actor.as_str().into(),
            metadata.reason.as_ref().and_then(|reason| reason.reveal()).into(),
            metadata.correlation_id.as_str().into(),
            fact.subject.filter(|_| personal).map(|subject| subject.as_str()).into(),
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
