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
use daybook_domains::DaybookEvent;

pub(crate) fn usd(minor_units: i64) -> Money {
    Money { minor_units, currency: "USD".parse().unwrap() }
}

fn of_account(event: impl Into<AccountEvent>) -> DaybookEvent {
    BankEvent::from(event.into()).into()
}

fn of_transfer(event: impl Into<TransferEvent>) -> DaybookEvent {
    BankEvent::from(event.into()).into()
}

pub(crate) fn opened() -> DaybookEvent {
    opened_by("Ada")
}

pub(crate) fn opened_by(owner: &str) -> DaybookEvent {
    of_account(AccountOpened {
        owner: Personal::new(owner).unwrap(),
        currency: "USD".parse().unwrap(),
        overdraft_limit: 100,
    })
}

pub(crate) fn deposited(amount: i64, balance: i64) -> DaybookEvent {
    of_account(MoneyDeposited { amount: usd(amount), balance })
}

pub(crate) fn withdrawn(amount: i64, balance: i64) -> DaybookEvent {
    of_account(MoneyWithdrawn { amount: usd(amount), balance })
}

pub(crate) fn refunded(amount: i64, balance: i64) -> DaybookEvent {
    refunded_to("Bob", amount, balance)
}

pub(crate) fn refunded_to(customer: &str, amount: i64, balance: i64) -> DaybookEvent {
    let customer = Personal::new(customer).unwrap();
    of_account(MoneyRefunded { amount: usd(amount), customer, balance })
}

pub(crate) fn held(transfer: &str, amount: i64, held: i64) -> DaybookEvent {
    let transfer_id = TransferId::new(transfer).unwrap();
    of_account(FundsHeld { transfer_id, amount: usd(amount), held })
}

pub(crate) fn released(transfer: &str, amount: i64, held: i64) -> DaybookEvent {
    let transfer_id = TransferId::new(transfer).unwrap();
    of_account(HoldReleased { transfer_id, amount: usd(amount), held })
}

pub(crate) fn debited(transfer: &str, to: &str, amount: i64, balance: i64) -> DaybookEvent {
    of_account(TransferDebited {
        transfer_id: TransferId::new(transfer).unwrap(),
        counterparty: AccountId::new(to).unwrap(),
        amount: usd(amount),
        balance,
    })
}

pub(crate) fn credited(transfer: &str, from: &str, amount: i64, balance: i64) -> DaybookEvent {
    of_account(TransferCredited {
        transfer_id: TransferId::new(transfer).unwrap(),
        counterparty: AccountId::new(from).unwrap(),
        amount: usd(amount),
        balance,
    })
}

pub(crate) fn frozen() -> DaybookEvent {
    of_account(AccountFrozen {})
}

pub(crate) fn initiated(from: &str, to: &str, amount: i64) -> DaybookEvent {
    of_transfer(TransferInitiated {
        source: AccountId::new(from).unwrap(),
        destination: AccountId::new(to).unwrap(),
        amount: usd(amount),
        initiator: Actor::new("ina").unwrap(),
        approval_required: true,
    })
}

pub(crate) fn approved() -> DaybookEvent {
    let approver = Actor::new("apu").unwrap();
    of_transfer(TransferApproved { approver })
}

pub(crate) fn executed() -> DaybookEvent {
    of_transfer(TransferExecuted {})
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
    pub(crate) fn next(&mut self) -> Vec<(String, DaybookEvent)> {
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

    fn transfer(&mut self, from: usize, to: usize, amount: i64) -> Vec<(String, DaybookEvent)> {
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
