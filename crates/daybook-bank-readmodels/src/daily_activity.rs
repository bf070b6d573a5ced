//! `daily_activity`: per day (UTC), currency, kind and partition how many movements there were and of how much.

use std::collections::BTreeMap;

use daybook_bank::BankEvent;
use daybook_bank::read_models::DAILY_ACTIVITY;
use daybook_core::read_model::ReadModel;
use time::{Date, UtcOffset};

use crate::movement::Movement;
use daybook_readmodels::projection::partition_column;
use daybook_readmodels::projection::{
    Changes, Fact, FoldError, Projection, RowChange, RowChanges, in_pieces,
};
use daybook_readmodels::rows::{Column, Kind, Rows};

/// The read model `daily_activity`.
pub struct DailyActivity;

impl Projection<BankEvent> for DailyActivity {
    fn read_model(&self) -> ReadModel {
        DAILY_ACTIVITY
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/daily_activity.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &["account"]
    }

    /// A sum may begin on any day.
    fn may_begin_late(&self) -> bool {
        true
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        Box::new(Sums::default())
    }
}

/// Partition, day, kind, currency: numbers first, which are quickly compared.
type Key = (i16, Date, &'static str, &'static str);

#[derive(Default)]
struct Sums(BTreeMap<Key, Sum>);

#[derive(Default)]
struct Sum {
    count: i64,
    /// Wider than one amount: a day's sum may exceed 64 bits.
    volume: i128,
}

/// A sum with its key, its share of a node, and some air.
const SUM_BYTES: usize = 128;

impl Changes<BankEvent> for Sums {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let BankEvent::Account(event) = fact.payload else { return Ok(()) };
        let Some(movement) = Movement::of(event) else { return Ok(()) };
        let day = fact.recorded.recorded_at.to_offset(UtcOffset::UTC).date();
        let currency = movement.amount.currency.code();
        let partition = partition_column(fact.recorded)?;
        let sum = self.0.entry((partition, day, movement.kind, currency)).or_default();
        sum.add(movement.amount.minor_units)
    }

    fn bytes(&self) -> usize {
        self.0.len() * SUM_BYTES
    }

    fn take(&mut self) -> RowChanges {
        Box::new(in_pieces(std::mem::take(&mut self.0).into_iter().collect(), |_, _| true, add))
    }
}

impl Sum {
    fn add(&mut self, minor_units: i64) -> Result<(), FoldError> {
        let overflow = || FoldError("a day's sum does not fit its type".to_owned());
        self.count = self.count.checked_add(1).ok_or_else(overflow)?;
        self.volume =
            self.volume.checked_add(i128::from(minor_units).abs()).ok_or_else(overflow)?;
        Ok(())
    }
}

const COLUMNS: &[Column] = &[
    Column::new("day", Kind::Date),
    Column::new("currency", Kind::Text),
    Column::new("kind", Kind::Text),
    Column::new("partition", Kind::SmallInt),
    Column::new("count", Kind::BigInt),
    Column::new("volume", Kind::Numeric),
];

fn add(sums: &[(Key, Sum)]) -> RowChange {
    let mut rows = Rows::new("daily_activity", COLUMNS);
    for ((partition, day, kind, currency), sum) in sums {
        rows.push(&[
            (*day).into(),
            (*currency).into(),
            (*kind).into(),
            (*partition).into(),
            sum.count.into(),
            sum.volume.into(),
        ]);
    }
    RowChange::Upsert(rows, include_str!("daily_activity/add.sql"))
}
