//! Statements as rows: a row a money movement, from the event itself, which carries amount and balance.

use anyhow::Context as _;
use daybook_core::bank::BankEvent;
use daybook_core::event::EventPayload as _;
use daybook_core::metadata::Metadata;
use daybook_eventlog::inspect::StoredEvent;
use daybook_projector::projections::Movement;

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

/// An event's entry; `None` where it moves no money of an account.
pub(crate) fn row(event: &StoredEvent) -> anyhow::Result<Option<Row>> {
    let Some((_, account_id)) = event.stream_id.split_once('-') else { return Ok(None) };
    let unreadable = || format!("the event at position {} cannot be read", event.position);
    let payload = BankEvent::decode(&event.event_type, event.schema_version, &event.data);
    let BankEvent::Account(account_event) = payload.with_context(unreadable)? else {
        return Ok(None);
    };
    let Some(movement) = Movement::of(&account_event) else { return Ok(None) };
    let metadata: Metadata = serde_json::from_str(&event.metadata).with_context(unreadable)?;
    let (currency, amount) = (movement.amount.currency, movement.signed_amount()?);
    let decimal = |minor_units| Cell::Decimal(currency.format_minor_units(minor_units));
    Ok(Some(vec![
        Cell::text(account_id),
        Cell::Time(event.recorded_at),
        Cell::Number(event.version),
        Cell::Number(event.position),
        Cell::text(movement.kind),
        Cell::Number(amount),
        Cell::Number(movement.balance),
        decimal(amount),
        decimal(movement.balance),
        Cell::text(currency.code()),
        Cell::optional(movement.counterparty),
        Cell::optional(movement.transfer_id),
        Cell::text(metadata.actor.as_str()),
        Cell::optional(metadata.reason.as_ref().map(|reason| reason.reveal())),
        Cell::text(metadata.correlation_id.as_str()),
        Cell::text(event.event_id.to_string()),
    ]))
}
