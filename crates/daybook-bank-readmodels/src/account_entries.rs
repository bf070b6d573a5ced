//! `account_entries`: one row a money movement of an account, its statement. Rows are only ever added.

use daybook_bank::BankEvent;
use daybook_bank::read_models::ACCOUNT_ENTRIES;
use daybook_core::read_model::ReadModel;

use crate::movement::Movement;
use daybook_readmodels::projection::partition_column;
use daybook_readmodels::projection::{Changes, Fact, FoldError, Projection, RowChange, RowChanges};
use daybook_readmodels::rows::{Column, Kind, Rows};
use daybook_readmodels::text::Text;

/// The read model `account_entries`.
pub struct AccountEntries;

impl Projection<BankEvent> for AccountEntries {
    fn read_model(&self) -> ReadModel {
        ACCOUNT_ENTRIES
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/account_entries.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &["account"]
    }

    /// Each entry stands by itself.
    fn may_begin_late(&self) -> bool {
        true
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        Box::new(Entries(Rows::new("account_entries", COLUMNS)))
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
    Column::new("command_id", Kind::Text),
];

/// In the order of the log: nobody else writes an entry with such a key, so there is nobody to wait for.
struct Entries(Rows);

impl Changes<BankEvent> for Entries {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let BankEvent::Account(event) = fact.payload else { return Ok(()) };
        let Some(movement) = Movement::of(event) else { return Ok(()) };
        let (recorded, metadata) = (fact.recorded, fact.metadata);
        let reason = metadata.reason.as_ref().map(Text::from);
        let customer = movement.customer.map(Text::from);
        let subject = subject_of(reason, customer)?;
        let counterparty = movement.counterparty.or(customer.map(|customer| customer.text));
        self.0.push(&[
            recorded.stream_id.id().into(),
            recorded.recorded_at.into(),
            recorded.version.get().into(),
            recorded.position.get().into(),
            partition_column(recorded)?.into(),
            movement.kind.into(),
            movement.signed_amount()?.into(),
            movement.balance.into(),
            movement.amount.currency.code().into(),
            counterparty.into(),
            movement.transfer_id.into(),
            metadata.actor.as_str().into(),
            reason.map(|reason| reason.text).into(),
            metadata.correlation_id.as_str().into(),
            subject.into(),
            subject.map(|_| metadata.command_id.as_str()).into(),
        ]);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn take_final(&mut self) -> RowChanges {
        let rows = self.0.take();
        Box::new((!rows.is_empty()).then_some(RowChange::Insert(rows)).into_iter())
    }

    fn take(&mut self) -> RowChanges {
        self.take_final()
    }
}

/// Whose key opens the texts of a row, which has room for one.
fn subject_of<'a>(
    reason: Option<Text<'a>>,
    customer: Option<Text<'a>>,
) -> Result<Option<&'a str>, FoldError> {
    // A reason that was not recorded needs no key.
    let texts = [reason.filter(|reason| !reason.text.is_empty()), customer];
    let mut subjects = texts.into_iter().flatten().map(|text| text.subject);
    match (subjects.next(), subjects.next()) {
        (Some(one), Some(other)) if one != other => {
            Err(FoldError("its personal texts are not all sealed for one subject".to_owned()))
        }
        (subject, _) => Ok(subject.flatten()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_a_row_have_one_subject_and_what_was_not_recorded_has_none() {
        let text = |text, subject| Some(Text { text, subject });
        let (alice, bob) = (Some("alice"), Some("bob"));
        for (reason, customer, expected) in [
            (None, None, Ok(None)),
            (text("why", None), text("who", None), Ok(None)),
            (text("x", alice), None, Ok(alice)),
            (None, text("y", alice), Ok(alice)),
            (text("x", alice), text("y", alice), Ok(alice)),
            (text("", None), text("y", alice), Ok(alice)),
            (text("x", alice), text("y", bob), Err(())),
            (text("why", None), text("y", bob), Err(())),
        ] {
            assert_eq!(subject_of(reason, customer).map_err(drop), expected);
        }
    }
}
