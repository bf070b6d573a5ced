//! `account_entries`: one row a money movement of an account, its statement. Rows are only ever added.

use daybook_core::bank::BankEvent;
use time::OffsetDateTime;

use super::movement::Movement;
use super::partition_column;
use crate::projection::{Fact, FoldError, Generation, Projection, Write, column};

/// The read model `account_entries`.
pub struct AccountEntries;

impl Projection<BankEvent> for AccountEntries {
    fn name(&self) -> &'static str {
        "account_entries"
    }

    fn version(&self) -> i32 {
        1
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../../migrations/read/tables/account_entries.sql")
    }

    fn fold(
        &self,
        facts: &[Fact<'_, BankEvent>],
        generation: Generation,
    ) -> Result<Vec<Write>, FoldError> {
        let mut entries = Vec::new();
        for fact in facts {
            if let BankEvent::Account(event) = fact.payload
                && let Some(movement) = Movement::of(event)
            {
                entries.push(Entry {
                    partition: partition_column(fact.recorded)?,
                    amount: movement.signed_amount()?,
                    movement,
                    fact: *fact,
                });
            }
        }
        entries.sort_by_key(Entry::key);
        Ok(if entries.is_empty() { Vec::new() } else { vec![insert(&entries, generation)] })
    }
}

struct Entry<'a> {
    fact: Fact<'a, BankEvent>,
    movement: Movement<'a>,
    partition: i16,
    amount: i64,
}

impl<'a> Entry<'a> {
    /// The table's primary key.
    fn key(&self) -> (&'a str, OffsetDateTime, i64) {
        let event = self.fact.recorded;
        (event.stream_id.id(), event.recorded_at, event.version.get())
    }
}

fn insert(entries: &[Entry<'_>], generation: Generation) -> Write {
    Write::new(generation, include_str!("account_entries/insert.sql"))
        .bind(column(entries, |e| e.key().0))
        .bind(column(entries, |e| e.key().1))
        .bind(column(entries, |e| e.key().2))
        .bind(column(entries, |e| e.fact.recorded.position.get()))
        .bind(column(entries, |e| e.partition))
        .bind(column(entries, |e| e.movement.kind))
        .bind(column(entries, |e| e.amount))
        .bind(column(entries, |e| e.movement.balance))
        .bind(column(entries, |e| e.movement.amount.currency.code()))
        .bind(column(entries, |e| e.movement.counterparty))
        .bind(column(entries, |e| e.movement.transfer_id))
        .bind(column(entries, |e| e.fact.metadata.actor.as_str()))
        .bind(column(entries, |e| e.fact.metadata.reason.as_ref().map(|reason| reason.reveal())))
        .bind(column(entries, |e| e.fact.metadata.correlation_id.as_str()))
        .expecting(entries.len())
}
