//! Statements as rows: a row a money movement, from the event itself, which carries amount and balance.
//!
//! Personal texts are opened a page at a time, with one question to the key store after the page was read: what was
//! forgotten by then is not in the export. Without a key store they are written as [`SEALED`].

use std::collections::HashSet;

use anyhow::Context as _;
use daybook_bank::BankEvent;
use daybook_bank::account::{AccountEvent, STREAM_TYPE};
use daybook_bank_readmodels::Movement;
use daybook_core::event::EventPayload as _;
use daybook_core::metadata::Metadata;
use daybook_core::personal::Personal;
use daybook_domains::DaybookEvent;
use daybook_eventlog::inspect::StoredEvent;
use daybook_keys::{KeyStore, subjects_of};

use super::table::{Cell, Column, Kind, Row, column};

/// The columns.
pub(crate) const COLUMNS: &[Column] = &[
    column("account_id", Kind::Text),
    column("recorded_at", Kind::Time),
    column("version", Kind::Number),
    column("position", Kind::Number),
    column("kind", Kind::Text),
    column("amount_minor_units", Kind::Number),
    column("balance_minor_units", Kind::Number),
    column("amount", Kind::Text),
    column("balance", Kind::Text),
    column("currency", Kind::Text),
    column("counterparty", Kind::Text),
    column("transfer_id", Kind::Text),
    column("actor", Kind::Text),
    column("reason", Kind::Text),
    column("correlation_id", Kind::Text),
    column("event_id", Kind::Text),
];

/// Stands for a text that was not opened.
const SEALED: &str = "[sealed]";

/// Stands for a text of somebody who was forgotten.
const ERASED: &str = "[erased]";

/// An event that moved money of an account.
struct Entry<'a> {
    event: &'a StoredEvent,
    account_id: &'a str,
    account_event: AccountEvent,
    metadata: Metadata,
}

/// The entries of a page of events, in order.
pub(crate) async fn rows(
    page: &[StoredEvent],
    keys: Option<&KeyStore>,
) -> anyhow::Result<Vec<Row>> {
    let entries = page.iter().filter_map(|event| Entry::of(event).transpose());
    let mut entries = entries.collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(keys) = keys {
        open(&mut entries, keys).await?;
    }
    entries.iter().map(Entry::row).collect()
}

async fn open(entries: &mut [Entry<'_>], store: &KeyStore) -> anyhow::Result<()> {
    let mut subjects = HashSet::new();
    for entry in entries.iter_mut() {
        subjects_of(&mut entry.metadata, &mut entry.account_event, &mut subjects);
    }
    if subjects.is_empty() {
        return Ok(());
    }
    let keys = store.keys(&subjects).await.context("ask for the keys of personal texts")?;
    for entry in entries {
        keys.open(&mut entry.metadata, &mut entry.account_event)
            .with_context(|| format!("the event at position {}", entry.event.position))?;
    }
    Ok(())
}

impl<'a> Entry<'a> {
    /// `None` where an event moves no money of an account.
    fn of(event: &'a StoredEvent) -> anyhow::Result<Option<Self>> {
        let Some((STREAM_TYPE, account_id)) = event.stream_id.split_once('-') else {
            return Ok(None);
        };
        let unreadable = || format!("the event at position {} cannot be read", event.position);
        let payload = DaybookEvent::decode(&event.event_type, event.schema_version, &event.data);
        let DaybookEvent::Bank(BankEvent::Account(account_event)) =
            payload.with_context(unreadable)?
        else {
            return Ok(None);
        };
        if Movement::of(&account_event).is_none() {
            return Ok(None);
        }
        let metadata = serde_json::from_str(&event.metadata).with_context(unreadable)?;
        Ok(Some(Self { event, account_id, account_event, metadata }))
    }

    fn row(&self) -> anyhow::Result<Row> {
        let Self { event, account_id, account_event, metadata } = self;
        let movement = Movement::of(account_event).context("an entry moves money")?;
        let (currency, amount) = (movement.amount.currency, movement.signed_amount()?);
        let decimal = |minor_units| Cell::Decimal(currency.format_minor_units(minor_units));
        let counterparty = match movement.customer {
            Some(customer) => personal(customer),
            None => Cell::optional(movement.counterparty),
        };
        Ok(vec![
            Cell::text(*account_id),
            Cell::Time(event.recorded_at),
            Cell::Number(event.version),
            Cell::Number(event.position),
            Cell::text(movement.kind),
            Cell::Number(amount),
            Cell::Number(movement.balance),
            decimal(amount),
            decimal(movement.balance),
            Cell::text(currency.code()),
            counterparty,
            Cell::optional(movement.transfer_id),
            Cell::text(metadata.actor.as_str()),
            metadata.reason.as_ref().map_or(Cell::Empty, personal),
            Cell::text(metadata.correlation_id.as_str()),
            Cell::text(event.event_id.to_string()),
        ])
    }
}

fn personal(text: &Personal) -> Cell {
    Cell::text(match text {
        Personal::Plain(text) => text,
        Personal::Sealed(_) => SEALED,
        Personal::Erased => ERASED,
    })
}
