//! `postings`: one row an event that moves money, with what it debits and what it credits. Rows are only ever added.

use std::fmt::Write as _;

use daybook_bank::BankEvent;
use daybook_bank::account::AccountId;
use daybook_bank::postings::{LedgerAccount, Posting, Side, postings};
use daybook_bank::read_models::POSTINGS;
use daybook_core::read_model::ReadModel;

use daybook_readmodels::projection::partition_column;
use daybook_readmodels::projection::{Changes, Fact, FoldError, Projection, RowChange, RowChanges};
use daybook_readmodels::rows::{Column, Kind, Rows};

/// The read model `postings`.
pub struct Postings;

impl Projection<BankEvent> for Postings {
    fn read_model(&self) -> ReadModel {
        POSTINGS
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/postings.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &["account"]
    }

    /// Each posting stands by itself.
    fn may_begin_late(&self) -> bool {
        true
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        let names = [String::new(), String::new()];
        Box::new(Lines { rows: Rows::new("postings", COLUMNS), names })
    }
}

const COLUMNS: &[Column] = &[
    Column::new("position", Kind::BigInt),
    Column::new("amount", Kind::BigInt),
    Column::new("partition", Kind::SmallInt),
    Column::new("currency", Kind::Text),
    Column::new("debit", Kind::Text),
    Column::new("credit", Kind::Text),
];

/// In the order of the log: nobody else writes a posting of such a position, so there is nobody to wait for.
struct Lines {
    rows: Rows,
    /// The names of the row's two accounts, written here over and over.
    names: [String; 2],
}

impl Changes<BankEvent> for Lines {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let Some([one, other]) = postings_of(&fact)? else { return Ok(()) };
        let (debited, credited) = match (one.side, other.side) {
            (Side::Debit, Side::Credit) => (&one, &other),
            (Side::Credit, Side::Debit) => (&other, &one),
            _ => return Err(FoldError("both lines are on one side".to_owned())),
        };
        if debited.amount != credited.amount {
            return Err(FoldError("debit and credit are not of one amount".to_owned()));
        }
        let [debit, credit] = &mut self.names;
        name_into(debit, &debited.account)?;
        name_into(credit, &credited.account)?;
        self.rows.push(&[
            fact.recorded.position.get().into(),
            debited.amount.minor_units.into(),
            partition_column(fact.recorded)?.into(),
            debited.amount.currency.code().into(),
            debit.as_str().into(),
            credit.as_str().into(),
        ]);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.rows.bytes()
    }

    fn take_final(&mut self) -> RowChanges {
        self.take()
    }

    fn take(&mut self) -> RowChanges {
        let rows = self.rows.take();
        Box::new((!rows.is_empty()).then_some(RowChange::Insert(rows)).into_iter())
    }
}

/// What an event posts; `None` where it moves no money.
pub(crate) fn postings_of(fact: &Fact<'_, BankEvent>) -> Result<Option<[Posting; 2]>, FoldError> {
    let BankEvent::Account(event) = fact.payload else { return Ok(None) };
    let account_id = AccountId::of_stream(&fact.recorded.stream_id)
        .ok_or_else(|| FoldError("the stream's id is not that of an account".to_owned()))?;
    Ok(postings(&account_id, event))
}

fn name_into(name: &mut String, account: &LedgerAccount) -> Result<(), FoldError> {
    name.clear();
    write!(name, "{account}").map_err(|_| FoldError("the account has no name".to_owned()))
}
