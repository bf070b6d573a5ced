//! An account.

use daybook_proto::v1;
use serde::Serialize;

use super::{amount_text, hidden_word, personal_cell, time_text};
use crate::output::{Record, Row};

#[derive(Serialize)]
pub(crate) struct AccountView {
    account_id: String,
    owner: String,
    owner_hidden: Option<&'static str>,
    currency: String,
    balance: String,
    held: String,
    available: String,
    overdraft_limit: String,
    balance_minor_units: String,
    held_minor_units: String,
    available_minor_units: String,
    overdraft_limit_minor_units: String,
    status: &'static str,
    version: i64,
    opened_at: String,
    updated_at: String,
}

impl From<v1::Account> for AccountView {
    fn from(account: v1::Account) -> Self {
        let text = |minor_units: i64| amount_text(minor_units, &account.currency);
        Self {
            status: match account.status() {
                v1::AccountStatus::Unspecified => "unknown",
                v1::AccountStatus::Open => "open",
                v1::AccountStatus::Frozen => "frozen",
                v1::AccountStatus::Closed => "closed",
            },
            balance: text(account.balance_minor_units),
            held: text(account.held_minor_units),
            available: text(account.available_minor_units),
            overdraft_limit: text(account.overdraft_limit_minor_units),
            balance_minor_units: account.balance_minor_units.to_string(),
            held_minor_units: account.held_minor_units.to_string(),
            available_minor_units: account.available_minor_units.to_string(),
            overdraft_limit_minor_units: account.overdraft_limit_minor_units.to_string(),
            version: account.version,
            opened_at: time_text(account.opened_at.as_ref()),
            updated_at: time_text(account.updated_at.as_ref()),
            owner_hidden: hidden_word(account.owner_hidden()),
            account_id: account.account_id,
            owner: account.owner,
            currency: account.currency,
        }
    }
}

impl Record for AccountView {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let money = |amount: &str| format!("{amount} {}", self.currency);
        vec![
            ("account", self.account_id.clone()),
            ("owner", personal_cell(&self.owner, self.owner_hidden)),
            ("status", self.status.to_owned()),
            ("balance", money(&self.balance)),
            ("held", money(&self.held)),
            ("overdraft limit", money(&self.overdraft_limit)),
            ("available", money(&self.available)),
            ("version", self.version.to_string()),
            ("opened", self.opened_at.clone()),
            ("last event", self.updated_at.clone()),
        ]
    }
}

impl Row for AccountView {
    const COLUMNS: &'static [&'static str] =
        &["account", "owner", "status", ">balance", ">held", ">available", "currency", ">version"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.account_id.clone(),
            personal_cell(&self.owner, self.owner_hidden),
            self.status.to_owned(),
            self.balance.clone(),
            self.held.clone(),
            self.available.clone(),
            self.currency.clone(),
            self.version.to_string(),
        ]
    }
}
