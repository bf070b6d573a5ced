//! Events with boring defaults, and a seeded stream of plausible business.

use std::collections::BTreeMap;

use daybook_bank::BankEvent;
use daybook_bank::account::event::*;
use daybook_bank::account::{AccountEvent, AccountId};
use daybook_bank::money::Money;
use daybook_bank::transfer::event::*;
use daybook_bank::transfer::{TransferEvent, TransferId};
use daybook_core::ids::Actor;
use daybook_core::personal::Personal;

pub(crate) fn usd(minor_units: i64) -> Money {
    Money { minor_units, currency: "USD".parse().unwrap() }
}

pub(crate) fn opened() -> BankEvent {
    opened_by("Ada")
}

pub(crate) fn opened_by(owner: &str) -> BankEvent {
    AccountEvent::Opened(AccountOpened {
        owner: Personal::new(owner).unwrap(),
        currency: "USD".parse().unwrap(),
        overdraft_limit: 100,
    })
    .into()
}

pub(crate) fn deposited(amount: i64, balance: i64) -> BankEvent {
    AccountEvent::Deposited(MoneyDeposited { amount: usd(amount), balance }).into()
}

pub(crate) fn withdrawn(amount: i64, balance: i64) -> BankEvent {
    AccountEvent::Withdrawn(MoneyWithdrawn { amount: usd(amount), balance }).into()
}

pub(crate) fn refunded(amount: i64, balance: i64) -> BankEvent {
    refunded_to("Bob", amount, balance)
}

pub(crate) fn refunded_to(customer: &str, amount: i64, balance: i64) -> BankEvent {
    let customer = Personal::new(customer).unwrap();
    AccountEvent::Refunded(MoneyRefunded { amount: usd(amount), customer, balance }).into()
}

pub(crate) fn held(transfer: &str, amount: i64, held: i64) -> BankEvent {
    let transfer_id = TransferId::new(transfer).unwrap();
    AccountEvent::FundsHeld(FundsHeld { transfer_id, amount: usd(amount), held }).into()
}

pub(crate) fn released(transfer: &str, amount: i64, held: i64) -> BankEvent {
    let transfer_id = TransferId::new(transfer).unwrap();
    AccountEvent::HoldReleased(HoldReleased { transfer_id, amount: usd(amount), held }).into()
}

pub(crate) fn debited(transfer: &str, to: &str, amount: i64, balance: i64) -> BankEvent {
    AccountEvent::TransferDebited(TransferDebited {
        transfer_id: TransferId::new(transfer).unwrap(),
        counterparty: AccountId::new(to).unwrap(),
        amount: usd(amount),
        balance,
    })
    .into()
}

pub(crate) fn credited(transfer: &str, from: &str, amount: i64, balance: i64) -> BankEvent {
    AccountEvent::TransferCredited(TransferCredited {
        transfer_id: TransferId::new(transfer).unwrap(),
        counterparty: AccountId::new(from).unwrap(),
        amount: usd(amount),
        balance,
    })
    .into()
}

pub(crate) fn frozen() -> BankEvent {
    AccountEvent::Frozen(AccountFrozen {}).into()
}

pub(crate) fn initiated(from: &str, to: &str, amount: i64) -> BankEvent {
    TransferEvent::Initiated(TransferInitiated {
        source: AccountId::new(from).unwrap(),
        destination: AccountId::new(to).unwrap(),
        amount: usd(amount),
        initiator: Actor::new("ina").unwrap(),
        approval_required: true,
    })
    .into()
}

pub(crate) fn approved() -> BankEvent {
    let approver = Actor::new("apu").unwrap();
    TransferEvent::Approved(TransferApproved { approver }).into()
}

pub(crate) fn executed() -> BankEvent {
    TransferEvent::Executed(TransferExecuted {}).into()
}

/// Plausible business from a seed: appends of one to five events each.
pub(crate) struct Business {
    random: u64,
    balances: BTreeMap<usize, i64>,
    transfers: u32,
    accounts: usize,
}

impl Business {
    pub(crate) fn new(seed: u64, accounts: usize) -> Self {
        Self { random: seed | 1, balances: BTreeMap::new(), transfers: 0, accounts }
    }

    /// The events of the next append, each with its stream.
    pub(crate) fn next(&mut self) -> Vec<(String, BankEvent)> {
        let account = self.below(self.accounts);
        let stream = format!("account-a{account}");
        let amount = i64::try_from(self.below(1000)).unwrap() + 1;
        let Some(balance) = self.balances.get(&account).copied() else {
            self.balances.insert(account, 0);
            return vec![(stream, opened())];
        };
        let other = self.below(self.accounts);
        match self.below(4) {
            0 if other != account && self.balances.contains_key(&other) => {
                self.transfer(account, other, amount)
            }
            1 if balance > amount => {
                self.balances.insert(account, balance - amount);
                vec![(stream, withdrawn(amount, balance - amount))]
            }
            _ => {
                self.balances.insert(account, balance + amount);
                vec![(stream, deposited(amount, balance + amount))]
            }
        }
    }

    fn transfer(&mut self, from: usize, to: usize, amount: i64) -> Vec<(String, BankEvent)> {
        self.transfers += 1;
        let id = format!("t{}", self.transfers);
        let (source, destination) = (format!("a{from}"), format!("a{to}"));
        *self.balances.get_mut(&from).unwrap() -= amount;
        *self.balances.get_mut(&to).unwrap() += amount;
        vec![
            (format!("transfer-{id}"), initiated(&source, &destination, amount)),
            (format!("transfer-{id}"), executed()),
            (format!("account-{source}"), debited(&id, &destination, amount, self.balances[&from])),
            (format!("account-{destination}"), credited(&id, &source, amount, self.balances[&to])),
        ]
    }

    /// Xorshift: enough for tests, and the same on every machine.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % u64::try_from(bound).unwrap()).unwrap()
    }
}
