//! Double entry (G10): what every event posts balances, no command leaves money in transit, and all amounts that a command
//! records about a transfer are the same.

use std::collections::BTreeMap;

use daybook_bank::BankEvent;
use daybook_bank::account::{AccountEvent, AccountId};
use daybook_bank::money::{Currency, Money};
use daybook_bank::postings::{LedgerAccount, postings};
use daybook_bank::transfer::TransferEvent;
use daybook_core::stream::StreamId;
use daybook_eventlog::inspect::StoredEvent;

use crate::finding::{Findings, Place};

/// The ledger so far: a sum a currency and kind of account.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By currency and kind of account; credits above zero.
    sums: BTreeMap<(Currency, &'static str), i128>,
    command: CommandLedger,
}

/// What one command has posted so far.
#[derive(Debug, Default)]
struct CommandLedger {
    in_transit: i128,
    transfer_amount: Option<Money>,
    last: Option<Place>,
}

/// What all customers have, by currency.
pub(crate) type CustomerTotals = BTreeMap<Currency, i128>;

impl Ledger {
    pub(crate) fn event(
        &mut self,
        event: &StoredEvent,
        payload: &BankEvent,
        findings: &mut Findings,
    ) {
        let place = Place::event(event.position, &event.stream_id, event.version);
        if let BankEvent::Account(account_event) = payload {
            let account_id =
                StreamId::parse(&event.stream_id).ok().as_ref().and_then(AccountId::of_stream);
            match account_id {
                Some(id) => self.post(&id, account_event, &place, findings),
                None => {
                    let expected = "the stream of an account";
                    findings.add("stream", place.clone(), "stream_id", expected, &event.stream_id);
                }
            }
        }
        if let Some(amount) = transfer_amount(payload) {
            let first = *self.command.transfer_amount.get_or_insert(amount);
            if first != amount {
                let expected = format!("{first}, as in the command's other events");
                findings.add("transfer", place.clone(), "amount", expected, amount);
            }
        }
        self.command.last = Some(place);
    }

    fn post(
        &mut self,
        account_id: &AccountId,
        event: &AccountEvent,
        place: &Place,
        findings: &mut Findings,
    ) {
        let Some(lines) = postings(account_id, event) else { return };
        let sum: i128 = lines.iter().map(|line| line.signed_minor_units()).sum();
        if sum != 0 || lines[0].amount.minor_units <= 0 {
            let found = format!("{} and {}", lines[0].amount, lines[1].amount);
            findings.add("postings", place.clone(), "postings", "equal, above zero", found);
        }
        for line in lines {
            let signed = line.signed_minor_units();
            *self.sums.entry((line.amount.currency, kind(&line.account))).or_default() += signed;
            if line.account == LedgerAccount::TransfersInTransit {
                self.command.in_transit += signed;
            }
        }
    }

    /// A command's events have come to their end.
    pub(crate) fn end_command(&mut self, findings: &mut Findings) {
        let command = std::mem::take(&mut self.command);
        if command.in_transit != 0 {
            let place = command.last.unwrap_or_default();
            findings.add("in-transit", place, "money in transit", 0, command.in_transit);
        }
    }

    /// The trial balance: zero in each currency. Gives what customers have.
    pub(crate) fn end(mut self, findings: &mut Findings) -> CustomerTotals {
        self.end_command(findings);
        let mut trial: BTreeMap<Currency, i128> = BTreeMap::new();
        for ((currency, _), sum) in &self.sums {
            *trial.entry(*currency).or_default() += sum;
        }
        for (currency, sum) in trial.into_iter().filter(|(_, sum)| *sum != 0) {
            let field = format!("trial balance in {currency}");
            findings.add("trial-balance", Place::default(), field, 0, sum);
        }
        let customers = self.sums.into_iter().filter(|((_, kind), _)| *kind == CUSTOMERS);
        customers.map(|((currency, _), sum)| (currency, sum)).collect()
    }
}

const CUSTOMERS: &str = "customers";

fn kind(account: &LedgerAccount) -> &'static str {
    match account {
        LedgerAccount::Customer(_) => CUSTOMERS,
        LedgerAccount::CashClearing => "cash-clearing",
        LedgerAccount::FeeIncome => "fee-income",
        LedgerAccount::RefundsPayable => "refunds-payable",
        LedgerAccount::TransfersInTransit => "transfers-in-transit",
    }
}

/// The amount of a transfer that an event records; a command speaks of one transfer.
fn transfer_amount(payload: &BankEvent) -> Option<Money> {
    match payload {
        BankEvent::Transfer(TransferEvent::Initiated(e)) => Some(e.amount),
        BankEvent::Account(AccountEvent::FundsHeld(e)) => Some(e.amount),
        BankEvent::Account(AccountEvent::HoldReleased(e)) => Some(e.amount),
        BankEvent::Account(AccountEvent::TransferDebited(e)) => Some(e.amount),
        BankEvent::Account(AccountEvent::TransferCredited(e)) => Some(e.amount),
        BankEvent::Account(_) | BankEvent::Transfer(_) => None,
    }
}
