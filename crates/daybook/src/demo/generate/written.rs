//! A command as it is written in the file: see the format of `daybook import`.

use daybook_bank::money::Currency;
use serde::Serialize;

use crate::demo::book::Wish;

#[derive(Debug, Default, Serialize)]
pub(super) struct Written<'a> {
    command: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdraft_limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    actor: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    command_id: String,
}

impl<'a> Written<'a> {
    /// `person` is the owner or the customer, where the command has one.
    pub(super) fn new(
        command: &'a str,
        wish: &'a Wish,
        person: String,
        actor: &'a str,
        reason: &'a str,
        command_id: String,
    ) -> Self {
        let mut written = Self { command, actor, reason, command_id, ..Self::default() };
        match wish {
            Wish::Open { account, currency, overdraft_limit } => {
                written.account_id = Some(account);
                written.owner = Some(person);
                written.currency = Some(currency.code());
                written.overdraft_limit = Some(currency.format_minor_units(*overdraft_limit));
            }
            Wish::PutIn { account, currency, amount }
            | Wish::TakeOut { account, currency, amount } => {
                written.account_id = Some(account);
                written.customer = (command == "refund").then_some(person);
                written.set_amount(*amount, *currency);
            }
            Wish::Freeze { account } | Wish::Unfreeze { account } | Wish::Close { account } => {
                written.account_id = Some(account);
            }
            Wish::Initiate { transfer, source, destination, currency, amount } => {
                written.transfer_id = Some(transfer);
                written.source_account_id = Some(source);
                written.destination_account_id = Some(destination);
                written.set_amount(*amount, *currency);
            }
            Wish::Approve { transfer }
            | Wish::Reject { transfer }
            | Wish::Cancel { transfer }
            | Wish::Execute { transfer } => written.transfer_id = Some(transfer),
        }
        written
    }

    fn set_amount(&mut self, minor_units: i64, currency: Currency) {
        self.amount = Some(currency.format_minor_units(minor_units));
        self.currency = Some(currency.code());
    }
}
