//! An event as the audit trail has it.

use daybook_proto::v1;
use serde::Serialize;

use super::{amount_text, hidden_word, personal_cell, time_for_people, time_text};
use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct AuditEventView {
    position: i64,
    recorded_at: String,
    actor: String,
    reason: String,
    reason_hidden: Option<&'static str>,
    event_type: String,
    stream_id: String,
    version: i64,
    /// `null` where the event is about no amount.
    amount: Option<String>,
    amount_minor_units: Option<String>,
    currency: Option<String>,
    correlation_id: String,
    causation_id: String,
    command_id: String,
    event_id: String,
    ip: String,
}

impl From<v1::AuditEvent> for AuditEventView {
    fn from(event: v1::AuditEvent) -> Self {
        let reason_hidden = hidden_word(event.reason_hidden());
        let amount = event.amount;
        Self {
            recorded_at: time_text(event.recorded_at.as_ref()),
            amount: amount.as_ref().map(|money| amount_text(money.minor_units, &money.currency)),
            amount_minor_units: amount.as_ref().map(|money| money.minor_units.to_string()),
            currency: amount.map(|money| money.currency),
            reason_hidden,
            position: event.position,
            actor: event.actor,
            reason: event.reason,
            event_type: event.event_type,
            stream_id: event.stream_id,
            version: event.version,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            command_id: event.command_id,
            event_id: event.event_id,
            ip: event.ip,
        }
    }
}

impl Row for AuditEventView {
    const COLUMNS: &'static [&'static str] =
        &[">position", "when (UTC)", "who", "from where", "event", "stream", ">amount", "", "why"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            time_for_people(&self.recorded_at),
            escape(&self.actor),
            escape(&self.ip),
            escape(&self.event_type),
            escape(&self.stream_id),
            self.amount.clone().unwrap_or_default(),
            self.currency.clone().unwrap_or_default(),
            personal_cell(&self.reason, self.reason_hidden),
        ]
    }
}
