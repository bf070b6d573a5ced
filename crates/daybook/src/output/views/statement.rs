//! One line of a statement.

use daybook_proto::v1;
use serde::Serialize;

use super::{amount_text, hidden_word, personal_cell, time_for_people, time_text};
use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct EntryView {
    version: i64,
    position: i64,
    kind: &'static str,
    amount: String,
    balance: String,
    amount_minor_units: String,
    balance_minor_units: String,
    currency: String,
    counterparty: String,
    counterparty_hidden: Option<&'static str>,
    transfer_id: String,
    actor: String,
    reason: String,
    reason_hidden: Option<&'static str>,
    recorded_at: String,
    correlation_id: String,
}

impl EntryView {
    /// The currency stands once in the answer, not in each entry.
    pub(crate) fn new(entry: v1::Entry, currency: &str) -> Self {
        Self {
            kind: kind_word(entry.kind()),
            amount: amount_text(entry.amount_minor_units, currency),
            balance: amount_text(entry.balance_minor_units, currency),
            amount_minor_units: entry.amount_minor_units.to_string(),
            balance_minor_units: entry.balance_minor_units.to_string(),
            currency: currency.to_owned(),
            counterparty_hidden: hidden_word(entry.counterparty_hidden()),
            reason_hidden: hidden_word(entry.reason_hidden()),
            version: entry.version,
            position: entry.position,
            recorded_at: time_text(entry.recorded_at.as_ref()),
            counterparty: entry.counterparty,
            transfer_id: entry.transfer_id,
            actor: entry.actor,
            reason: entry.reason,
            correlation_id: entry.correlation_id,
        }
    }
}

impl Row for EntryView {
    const COLUMNS: &'static [&'static str] =
        &["when (UTC)", "what", ">amount", ">balance", "with", "who", "why"];

    fn cells(&self) -> Vec<String> {
        vec![
            time_for_people(&self.recorded_at),
            self.kind.to_owned(),
            self.amount.clone(),
            self.balance.clone(),
            personal_cell(&self.counterparty, self.counterparty_hidden),
            escape(&self.actor),
            personal_cell(&self.reason, self.reason_hidden),
        ]
    }
}

/// The word for what moved money; the same in statements and in daily activity.
pub(super) fn kind_word(kind: v1::EntryKind) -> &'static str {
    match kind {
        v1::EntryKind::Unspecified => "unknown",
        v1::EntryKind::Deposit => "deposit",
        v1::EntryKind::Withdrawal => "withdrawal",
        v1::EntryKind::Fee => "fee",
        v1::EntryKind::Refund => "refund",
        v1::EntryKind::TransferIn => "transfer-in",
        v1::EntryKind::TransferOut => "transfer-out",
    }
}
