//! `daily_activity`: per day (UTC), currency, kind and partition how many movements there were and of how much.

use std::collections::BTreeMap;

use daybook_core::bank::BankEvent;
use time::{Date, UtcOffset};

use super::movement::Movement;
use super::partition_column;
use crate::projection::{Fact, FoldError, Generation, Projection, Write, column};

/// The read model `daily_activity`.
pub struct DailyActivity;

impl Projection<BankEvent> for DailyActivity {
    fn name(&self) -> &'static str {
        "daily_activity"
    }

    fn version(&self) -> i32 {
        1
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../../migrations/read/tables/daily_activity.sql")
    }

    fn fold(
        &self,
        facts: &[Fact<'_, BankEvent>],
        generation: Generation,
    ) -> Result<Vec<Write>, FoldError> {
        let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
        for fact in facts {
            if let BankEvent::Account(event) = fact.payload
                && let Some(movement) = Movement::of(event)
            {
                let day = fact.recorded.recorded_at.to_offset(UtcOffset::UTC).date();
                let currency = movement.amount.currency.code();
                let partition = partition_column(fact.recorded)?;
                let sum = sums.entry((day, currency, movement.kind, partition)).or_default();
                sum.add(movement.amount.minor_units)?;
            }
        }
        Ok(if sums.is_empty() { Vec::new() } else { vec![add(&sums, generation)] })
    }
}

/// The table's primary key: day, currency, kind, partition.
type Key = (Date, &'static str, &'static str, i16);

#[derive(Default)]
struct Sum {
    count: i64,
    /// Wider than one amount: a day's sum may exceed 64 bits.
    volume: i128,
}

impl Sum {
    fn add(&mut self, minor_units: i64) -> Result<(), FoldError> {
        let overflow = || FoldError("a sum of one batch does not fit its type".to_owned());
        self.count = self.count.checked_add(1).ok_or_else(overflow)?;
        self.volume =
            self.volume.checked_add(i128::from(minor_units).abs()).ok_or_else(overflow)?;
        Ok(())
    }
}

fn add(sums: &BTreeMap<Key, Sum>, generation: Generation) -> Write {
    Write::new(generation, include_str!("daily_activity/add.sql"))
        .bind(sums.keys().map(|key| key.0).collect::<Vec<_>>())
        .bind(sums.keys().map(|key| key.1).collect::<Vec<_>>())
        .bind(sums.keys().map(|key| key.2).collect::<Vec<_>>())
        .bind(sums.keys().map(|key| key.3).collect::<Vec<_>>())
        .bind(column(sums.values(), |sum| sum.count))
        // As text: the driver has no type for numeric, and the server reads it exactly.
        .bind(column(sums.values(), |sum| sum.volume.to_string()))
        .expecting(sums.len())
}
