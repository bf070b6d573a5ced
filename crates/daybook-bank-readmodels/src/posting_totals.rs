//! `posting_totals`: what was debited and credited per block of positions, currency, account of the ledger and
//! partition.

use std::collections::BTreeMap;

use daybook_bank::BankEvent;
use daybook_bank::postings::{BLOCK_POSITIONS, Posting, Side};
use daybook_bank::read_models::POSTING_TOTALS;
use daybook_core::read_model::ReadModel;

use crate::postings::postings_of;
use daybook_readmodels::projection::partition_column;
use daybook_readmodels::projection::{
    Changes, Fact, FoldError, Projection, RowChange, RowChanges, in_pieces,
};
use daybook_readmodels::rows::{Column, Kind, Rows};

/// The read model `posting_totals`.
pub struct PostingTotals;

impl Projection<BankEvent> for PostingTotals {
    fn read_model(&self) -> ReadModel {
        POSTING_TOTALS
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/posting_totals.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &["account"]
    }

    /// A sum may begin at any block.
    fn may_begin_late(&self) -> bool {
        true
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        Box::new(Totals::default())
    }
}

/// The table's primary key: block, currency, account, partition.
type Key = (i64, &'static str, &'static str, i16);

#[derive(Default)]
struct Totals(BTreeMap<Key, Total>);

/// Wider than one amount: sums may exceed 64 bits.
#[derive(Default)]
struct Total {
    debits: i128,
    credits: i128,
}

/// A total with its key, its share of a node, and some air.
const TOTAL_BYTES: usize = 144;

impl Changes<BankEvent> for Totals {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let Some(lines) = postings_of(&fact)? else { return Ok(()) };
        let block = fact.recorded.position.get() / BLOCK_POSITIONS;
        let partition = partition_column(fact.recorded)?;
        for line in &lines {
            let key = (block, line.amount.currency.code(), line.account.class(), partition);
            self.0.entry(key).or_default().add(line)?;
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.0.len() * TOTAL_BYTES
    }

    fn take(&mut self) -> RowChanges {
        Box::new(in_pieces(std::mem::take(&mut self.0).into_iter().collect(), |_, _| true, add))
    }
}

impl Total {
    fn add(&mut self, line: &Posting) -> Result<(), FoldError> {
        let sum = match line.side {
            Side::Debit => &mut self.debits,
            Side::Credit => &mut self.credits,
        };
        *sum = sum
            .checked_add(i128::from(line.amount.minor_units))
            .ok_or_else(|| FoldError("a block's total does not fit its type".to_owned()))?;
        Ok(())
    }
}

const COLUMNS: &[Column] = &[
    Column::new("block", Kind::BigInt),
    Column::new("currency", Kind::Text),
    Column::new("account", Kind::Text),
    Column::new("partition", Kind::SmallInt),
    Column::new("debits", Kind::Numeric),
    Column::new("credits", Kind::Numeric),
];

fn add(totals: &[(Key, Total)]) -> RowChange {
    let mut rows = Rows::new("posting_totals", COLUMNS);
    for ((block, currency, account, partition), total) in totals {
        rows.push(&[
            (*block).into(),
            (*currency).into(),
            (*account).into(),
            (*partition).into(),
            total.debits.into(),
            total.credits.into(),
        ]);
    }
    RowChange::Upsert(rows, include_str!("posting_totals/add.sql"))
}
