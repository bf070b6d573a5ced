//! What was posted to one account of the ledger.

use daybook_proto::v1;
use serde::Serialize;

use super::amount_text;
use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct LedgerTotalView {
    currency: String,
    /// `total` for all of a currency together.
    account: String,
    debits: String,
    credits: String,
    /// Credits less debits.
    balance: String,
    debits_minor_units: String,
    credits_minor_units: String,
    balance_minor_units: String,
}

impl LedgerTotalView {
    /// Each account of a currency, and their sum.
    pub(crate) fn all_of(balance: v1::TrialBalance) -> Vec<Self> {
        let sum = |text: &str| text.parse::<i128>().unwrap_or_default();
        let difference = sum(&balance.credits_minor_units) - sum(&balance.debits_minor_units);
        let total = v1::LedgerTotal {
            account: "total".to_owned(),
            debits_minor_units: balance.debits_minor_units,
            credits_minor_units: balance.credits_minor_units,
            balance_minor_units: difference.to_string(),
        };
        let view = |total| Self::new(total, &balance.currency);
        balance.totals.into_iter().chain([total]).map(view).collect()
    }

    fn new(total: v1::LedgerTotal, currency: &str) -> Self {
        Self {
            debits: wide_amount_text(&total.debits_minor_units, currency),
            credits: wide_amount_text(&total.credits_minor_units, currency),
            balance: wide_amount_text(&total.balance_minor_units, currency),
            currency: currency.to_owned(),
            account: total.account,
            debits_minor_units: total.debits_minor_units,
            credits_minor_units: total.credits_minor_units,
            balance_minor_units: total.balance_minor_units,
        }
    }
}

fn wide_amount_text(minor_units: &str, currency: &str) -> String {
    match minor_units.parse::<i128>() {
        Ok(minor_units) => amount_text(minor_units, currency),
        // Wider than any sum that a real book reaches; still the truth.
        Err(_) => format!("{minor_units} minor units"),
    }
}

impl Row for LedgerTotalView {
    const COLUMNS: &'static [&'static str] =
        &["currency", "account", ">debits", ">credits", ">balance"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.currency.clone(),
            escape(&self.account),
            self.debits.clone(),
            self.credits.clone(),
            self.balance.clone(),
        ]
    }
}
