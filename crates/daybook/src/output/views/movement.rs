//! A movement that made a balance, and all of a kind together.

use daybook_proto::v1;
use serde::Serialize;

use super::amount_text;
use super::statement::{EntryView, kind_word};
use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct MovementView {
    #[serde(flatten)]
    entry: EntryView,
    counter_account: String,
}

impl MovementView {
    /// The currency stands once in the answer, not in each movement.
    pub(crate) fn new(movement: v1::Movement, currency: &str) -> Self {
        let entry = EntryView::new(movement.entry.unwrap_or_default(), currency);
        Self { entry, counter_account: movement.counter_account }
    }
}

impl Row for MovementView {
    const COLUMNS: &'static [&'static str] =
        &["when (UTC)", "what", ">amount", ">balance", "with", "who", "why", "against"];

    fn cells(&self) -> Vec<String> {
        let mut cells = self.entry.cells();
        cells.push(escape(&self.counter_account));
        cells
    }
}

#[derive(Serialize)]
pub(crate) struct KindTotalView {
    kind: &'static str,
    count: i64,
    amount: String,
    amount_minor_units: String,
}

impl KindTotalView {
    /// The currency stands once in the answer, not in each total.
    pub(crate) fn new(total: v1::KindTotal, currency: &str) -> Self {
        let amount = match total.amount_minor_units.parse::<i128>() {
            Ok(minor_units) => amount_text(minor_units, currency),
            // Wider than any sum that a real book reaches; still the truth.
            Err(_) => format!("{} minor units", total.amount_minor_units),
        };
        let (kind, count) = (kind_word(total.kind()), total.count);
        Self { kind, count, amount, amount_minor_units: total.amount_minor_units }
    }
}

impl Row for KindTotalView {
    const COLUMNS: &'static [&'static str] = &["all of a kind", ">count", ">amount"];

    fn cells(&self) -> Vec<String> {
        vec![self.kind.to_owned(), self.count.to_string(), self.amount.clone()]
    }
}
