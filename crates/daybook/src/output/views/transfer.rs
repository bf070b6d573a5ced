//! A transfer and its steps.

use daybook_proto::v1;
use serde::Serialize;

use super::{amount_text, hidden_word, personal_cell, time_for_people, time_text};
use crate::output::{Record, Row, escape};

#[derive(Serialize)]
pub(crate) struct TransferView {
    transfer_id: String,
    source_account_id: String,
    destination_account_id: String,
    amount: String,
    amount_minor_units: String,
    currency: String,
    status: &'static str,
    approval_required: bool,
    steps: Vec<StepView>,
    version: i64,
}

#[derive(Serialize)]
struct StepView {
    status: &'static str,
    actor: String,
    recorded_at: String,
    reason: String,
    reason_hidden: Option<&'static str>,
    position: i64,
}

impl From<v1::Transfer> for TransferView {
    fn from(transfer: v1::Transfer) -> Self {
        let status = status_word(transfer.status());
        let money = transfer.amount.unwrap_or_default();
        Self {
            amount: amount_text(money.minor_units, &money.currency),
            amount_minor_units: money.minor_units.to_string(),
            currency: money.currency,
            status,
            approval_required: transfer.approval_required,
            steps: transfer.steps.into_iter().map(StepView::from).collect(),
            version: transfer.version,
            transfer_id: transfer.transfer_id,
            source_account_id: transfer.source_account_id,
            destination_account_id: transfer.destination_account_id,
        }
    }
}

impl From<v1::TransferStep> for StepView {
    fn from(step: v1::TransferStep) -> Self {
        Self {
            status: status_word(step.status()),
            recorded_at: time_text(step.recorded_at.as_ref()),
            reason_hidden: hidden_word(step.reason_hidden()),
            actor: step.actor,
            reason: step.reason,
            position: step.position,
        }
    }
}

impl Record for TransferView {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("transfer", self.transfer_id.clone()),
            ("from", self.source_account_id.clone()),
            ("to", self.destination_account_id.clone()),
            ("amount", format!("{} {}", self.amount, self.currency)),
            ("status", self.status.to_owned()),
            (
                "approval",
                if self.approval_required { "required" } else { "not required" }.to_owned(),
            ),
            ("version", self.version.to_string()),
        ];
        fields.extend(self.steps.iter().map(|step| (step.status, step.in_words())));
        fields
    }
}

impl Row for TransferView {
    const COLUMNS: &'static [&'static str] =
        &["transfer", "from", "to", ">amount", "currency", "status", "last step by", "at (UTC)"];

    fn cells(&self) -> Vec<String> {
        let last = self.steps.last();
        vec![
            self.transfer_id.clone(),
            self.source_account_id.clone(),
            self.destination_account_id.clone(),
            self.amount.clone(),
            self.currency.clone(),
            self.status.to_owned(),
            last.map_or(String::new(), |step| escape(&step.actor)),
            last.map_or(String::new(), |step| time_for_people(&step.recorded_at)),
        ]
    }
}

impl StepView {
    fn in_words(&self) -> String {
        let why = personal_cell(&self.reason, self.reason_hidden);
        let why = if why.is_empty() { why } else { format!(": {why}") };
        let when = time_for_people(&self.recorded_at);
        format!("by {} at {when} UTC{why}", escape(&self.actor))
    }
}

fn status_word(status: v1::TransferStatus) -> &'static str {
    match status {
        v1::TransferStatus::Unspecified => "unknown",
        v1::TransferStatus::Initiated => "initiated",
        v1::TransferStatus::Approved => "approved",
        v1::TransferStatus::Rejected => "rejected",
        v1::TransferStatus::Cancelled => "cancelled",
        v1::TransferStatus::Executed => "executed",
    }
}
