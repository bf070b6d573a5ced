//! `accounts`: one row an account, as it stands.
//!
//! Events carry the balance and the held sum after them, so a row is the last word on each and fifty events on one
//! account are one row write.

use std::collections::BTreeMap;

use daybook_core::account::AccountEvent;
use daybook_core::account::event::AccountOpened;
use daybook_core::bank::BankEvent;
use time::OffsetDateTime;

use super::partition_column;
use crate::projection::{Fact, FoldError, Generation, Projection, Write, column};

/// The read model `accounts`.
pub struct Accounts;

impl Projection<BankEvent> for Accounts {
    fn name(&self) -> &'static str {
        "accounts"
    }

    fn version(&self) -> i32 {
        1
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../../migrations/read/tables/accounts.sql")
    }

    fn fold(
        &self,
        facts: &[Fact<'_, BankEvent>],
        generation: Generation,
    ) -> Result<Vec<Write>, FoldError> {
        let mut changes: BTreeMap<&str, Change<'_>> = BTreeMap::new();
        for fact in facts {
            if let BankEvent::Account(event) = fact.payload {
                let change = changes.entry(fact.recorded.stream_id.id()).or_default();
                change.note(event, fact.recorded.recorded_at);
                change.partition = partition_column(fact.recorded)?;
                change.version = fact.recorded.version.get();
            }
        }
        let (new, known): (Vec<_>, Vec<_>) =
            changes.iter().partition(|(_, change)| change.opened.is_some());
        let mut writes = Vec::new();
        if !new.is_empty() {
            writes.push(insert(&new, generation));
        }
        if !known.is_empty() {
            writes.push(update(&known, generation));
        }
        Ok(writes)
    }
}

/// What is new about one account; `None` where nothing is.
#[derive(Default)]
struct Change<'a> {
    opened: Option<(&'a AccountOpened, OffsetDateTime)>,
    balance: Option<i64>,
    held: Option<i64>,
    status: Option<&'static str>,
    partition: i16,
    version: i64,
    updated_at: Option<OffsetDateTime>,
}

impl<'a> Change<'a> {
    fn note(&mut self, event: &'a AccountEvent, recorded_at: OffsetDateTime) {
        self.updated_at = Some(recorded_at);
        match event {
            AccountEvent::Opened(e) => {
                self.opened = Some((e, recorded_at));
                self.balance = Some(0);
                self.held = Some(0);
                self.status = Some("open");
            }
            AccountEvent::Deposited(e) => self.balance = Some(e.balance),
            AccountEvent::Withdrawn(e) => self.balance = Some(e.balance),
            AccountEvent::FeeCharged(e) => self.balance = Some(e.balance),
            AccountEvent::Refunded(e) => self.balance = Some(e.balance),
            AccountEvent::TransferDebited(e) => self.balance = Some(e.balance),
            AccountEvent::TransferCredited(e) => self.balance = Some(e.balance),
            AccountEvent::FundsHeld(e) => self.held = Some(e.held),
            AccountEvent::HoldReleased(e) => self.held = Some(e.held),
            AccountEvent::Frozen(_) => self.status = Some("frozen"),
            AccountEvent::Unfrozen(_) => self.status = Some("open"),
            AccountEvent::Closed(_) => self.status = Some("closed"),
        }
    }
}

type Row<'r, 'a> = (&'r &'a str, &'r Change<'a>);

/// A plain insert: an account that is opened twice is an error, not an update.
fn insert(rows: &[Row<'_, '_>], generation: Generation) -> Write {
    let opened: Vec<(&AccountOpened, OffsetDateTime)> =
        column(rows, |(_, change)| change.opened.expect("only opened ones are inserted"));
    Write::new(generation, include_str!("accounts/insert.sql"))
        .bind(column(rows, |(id, _)| **id))
        .bind(column(rows, |(_, change)| change.partition))
        .bind(column(&opened, |(event, _)| event.owner.reveal()))
        .bind(column(&opened, |(event, _)| event.currency.code()))
        .bind(column(rows, |(_, change)| change.balance))
        .bind(column(rows, |(_, change)| change.held))
        .bind(column(&opened, |(event, _)| event.overdraft_limit))
        .bind(column(rows, |(_, change)| change.status))
        .bind(column(rows, |(_, change)| change.version))
        .bind(column(&opened, |(_, opened_at)| *opened_at))
        .bind(column(rows, |(_, change)| change.updated_at))
        .expecting(rows.len())
}

fn update(rows: &[Row<'_, '_>], generation: Generation) -> Write {
    Write::new(generation, include_str!("accounts/update.sql"))
        .bind(column(rows, |(id, _)| **id))
        .bind(column(rows, |(_, change)| change.balance))
        .bind(column(rows, |(_, change)| change.held))
        .bind(column(rows, |(_, change)| change.status))
        .bind(column(rows, |(_, change)| change.version))
        .bind(column(rows, |(_, change)| change.updated_at))
        .expecting(rows.len())
}
