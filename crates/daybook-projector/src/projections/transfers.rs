//! `transfers`: one row a transfer, with who took each step, when and why.

use std::collections::BTreeMap;

use daybook_core::bank::BankEvent;
use daybook_core::transfer::TransferEvent;
use daybook_core::transfer::event::TransferInitiated;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::partition_column;
use crate::projection::{Fact, FoldError, Generation, Projection, Write, column};

/// The read model `transfers`.
pub struct Transfers;

impl Projection<BankEvent> for Transfers {
    fn name(&self) -> &'static str {
        "transfers"
    }

    fn version(&self) -> i32 {
        1
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../../migrations/read/tables/transfers.sql")
    }

    fn fold(
        &self,
        facts: &[Fact<'_, BankEvent>],
        generation: Generation,
    ) -> Result<Vec<Write>, FoldError> {
        let mut changes: BTreeMap<&str, Change<'_>> = BTreeMap::new();
        for fact in facts {
            if let BankEvent::Transfer(event) = fact.payload {
                let change = changes.entry(fact.recorded.stream_id.id()).or_default();
                if let TransferEvent::Initiated(initiated) = event {
                    change.initiated = Some((initiated, fact.recorded.position.get()));
                }
                change.status = status(event);
                change.steps.push(step(fact, change.status)?);
                change.partition = partition_column(fact.recorded)?;
                change.version = fact.recorded.version.get();
            }
        }
        let (new, known): (Vec<_>, Vec<_>) =
            changes.iter().partition(|(_, change)| change.initiated.is_some());
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

/// What is new about one transfer.
#[derive(Default)]
struct Change<'a> {
    initiated: Option<(&'a TransferInitiated, i64)>,
    status: &'static str,
    steps: Vec<Value>,
    partition: i16,
    version: i64,
}

/// The status that an event leads to.
fn status(event: &TransferEvent) -> &'static str {
    match event {
        TransferEvent::Initiated(_) => "initiated",
        TransferEvent::Approved(_) => "approved",
        TransferEvent::Rejected(_) => "rejected",
        TransferEvent::Cancelled(_) => "cancelled",
        TransferEvent::Executed(_) => "executed",
    }
}

fn step(fact: &Fact<'_, BankEvent>, status: &str) -> Result<Value, FoldError> {
    let recorded_at = fact
        .recorded
        .recorded_at
        .format(&Rfc3339)
        .map_err(|error| FoldError(format!("the event's time cannot be written: {error}")))?;
    Ok(json!({
        "status": status,
        "actor": fact.metadata.actor,
        "recorded_at": recorded_at,
        "reason": fact.metadata.reason.as_ref().map(|reason| reason.reveal()),
        "position": fact.recorded.position,
    }))
}

type Row<'r, 'a> = (&'r &'a str, &'r Change<'a>);

fn steps_text(change: &Change<'_>) -> String {
    serde_json::to_string(&change.steps).expect("a JSON value can be written")
}

/// A plain insert: a transfer that is initiated twice is an error, not an update.
fn insert(rows: &[Row<'_, '_>], generation: Generation) -> Write {
    let initiated: Vec<(&TransferInitiated, i64)> =
        column(rows, |(_, change)| change.initiated.expect("only initiated ones are inserted"));
    Write::new(generation, include_str!("transfers/insert.sql"))
        .bind(column(rows, |(id, _)| **id))
        .bind(column(rows, |(_, change)| change.partition))
        .bind(column(&initiated, |(event, _)| event.source.as_str()))
        .bind(column(&initiated, |(event, _)| event.destination.as_str()))
        .bind(column(&initiated, |(event, _)| event.amount.minor_units))
        .bind(column(&initiated, |(event, _)| event.amount.currency.code()))
        .bind(column(rows, |(_, change)| change.status))
        .bind(column(&initiated, |(event, _)| event.approval_required))
        .bind(column(rows, |(_, change)| change.version))
        .bind(column(&initiated, |(_, position)| *position))
        .bind(column(rows, |(_, change)| steps_text(change)))
        .expecting(rows.len())
}

fn update(rows: &[Row<'_, '_>], generation: Generation) -> Write {
    Write::new(generation, include_str!("transfers/update.sql"))
        .bind(column(rows, |(id, _)| **id))
        .bind(column(rows, |(_, change)| change.status))
        .bind(column(rows, |(_, change)| change.version))
        .bind(column(rows, |(_, change)| steps_text(change)))
        .expecting(rows.len())
}
