//! The simplest book that can be kept of accounts and transfers: what must come of a file of commands, worked out from
//! the file alone.
//!
//! It shares no code with the domain that it is compared with, on purpose. It knows of the rules only what the
//! generated commands can run into; every transfer needs an approval here.

use std::collections::BTreeMap;

use daybook_bank::money::Currency;

/// What stands on an account, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its currency.
    pub(crate) currency: Currency,
    /// Posted.
    pub(crate) balance: i128,
    /// Held for transfers that are not executed yet.
    pub(crate) held: i128,
}

/// What a command wants.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    Open {
        account: String,
        currency: Currency,
        overdraft_limit: i64,
    },
    PutIn {
        account: String,
        currency: Currency,
        amount: i64,
    },
    TakeOut {
        account: String,
        currency: Currency,
        amount: i64,
    },
    Freeze {
        account: String,
    },
    Unfreeze {
        account: String,
    },
    Close {
        account: String,
    },
    Initiate {
        transfer: String,
        source: String,
        destination: String,
        currency: Currency,
        amount: i64,
    },
    Approve {
        transfer: String,
    },
    Reject {
        transfer: String,
    },
    Cancel {
        transfer: String,
    },
    Execute {
        transfer: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Open,
    Frozen,
    Closed,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) standing: Standing,
    pub(super) overdraft_limit: i128,
    pub(super) status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Initiated,
    Approved,
    Over,
}

#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) amount: i128,
    pub(super) initiator: String,
    pub(super) step: Step,
}

/// Accounts and transfers as the file leaves them.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) transfers: BTreeMap<String, Transfer>,
}

impl Account {
    pub(super) fn available(&self) -> i128 {
        self.standing.balance - self.standing.held + self.overdraft_limit
    }

    fn takes(&self, currency: Currency) -> bool {
        self.status != Status::Closed && self.standing.currency == currency
    }

    fn gives(&self, currency: Currency, amount: i128) -> bool {
        self.status == Status::Open && self.takes(currency) && amount <= self.available()
    }
}

impl Book {
    /// Writes down what comes of a wish; `None`: it is refused.
    pub(super) fn enter(&mut self, wish: &Wish, actor: &str) -> Option<()> {
        match wish {
            Wish::Open { account, currency, overdraft_limit } => {
                self.open(account, *currency, *overdraft_limit)
            }
            Wish::PutIn { account, currency, amount } => {
                let account = self.accounts.get_mut(account).filter(|a| a.takes(*currency))?;
                account.standing.balance += i128::from(*amount);
                Some(())
            }
            Wish::TakeOut { account, currency, amount } => {
                let amount = i128::from(*amount);
                let account = self.accounts.get_mut(account)?;
                account.gives(*currency, amount).then(|| account.standing.balance -= amount)
            }
            Wish::Freeze { account } => self.turn(account, Status::Open, Status::Frozen),
            Wish::Unfreeze { account } => self.turn(account, Status::Frozen, Status::Open),
            Wish::Close { account } => {
                let account = self.accounts.get_mut(account)?;
                let empty = account.standing.balance == 0 && account.standing.held == 0;
                let may = empty && account.status != Status::Closed;
                may.then(|| account.status = Status::Closed)
            }
            Wish::Initiate { .. } => self.initiate(wish, actor),
            Wish::Approve { transfer } => {
                let transfer = self.transfers.get_mut(transfer)?;
                let may = transfer.step == Step::Initiated && transfer.initiator != actor;
                may.then(|| transfer.step = Step::Approved)
            }
            Wish::Reject { transfer } => self.let_go(transfer, &[Step::Initiated]),
            Wish::Cancel { transfer } => self.let_go(transfer, &[Step::Initiated, Step::Approved]),
            Wish::Execute { transfer } => self.execute(transfer),
        }
    }

    fn open(&mut self, id: &str, currency: Currency, overdraft_limit: i64) -> Option<()> {
        if self.accounts.contains_key(id) {
            return None;
        }
        let standing = Standing { currency, balance: 0, held: 0 };
        let overdraft_limit = i128::from(overdraft_limit);
        let account = Account { standing, overdraft_limit, status: Status::Open };
        self.accounts.insert(id.to_owned(), account);
        Some(())
    }

    fn turn(&mut self, id: &str, from: Status, to: Status) -> Option<()> {
        let account = self.accounts.get_mut(id).filter(|account| account.status == from)?;
        account.status = to;
        Some(())
    }

    fn initiate(&mut self, wish: &Wish, actor: &str) -> Option<()> {
        let Wish::Initiate { transfer: id, source, destination, currency, amount } = wish else {
            return None;
        };
        let amount = i128::from(*amount);
        let takes = self.accounts.get(destination)?.takes(*currency);
        if source == destination || self.transfers.contains_key(id) || !takes {
            return None;
        }
        let account = self.accounts.get_mut(source).filter(|a| a.gives(*currency, amount))?;
        account.standing.held += amount;
        let transfer = Transfer {
            source: source.clone(),
            destination: destination.clone(),
            amount,
            initiator: actor.to_owned(),
            step: Step::Initiated,
        };
        self.transfers.insert(id.clone(), transfer);
        Some(())
    }

    fn let_go(&mut self, id: &str, from: &[Step]) -> Option<()> {
        let transfer = self.transfers.get_mut(id).filter(|t| from.contains(&t.step))?;
        self.accounts.get_mut(&transfer.source)?.standing.held -= transfer.amount;
        transfer.step = Step::Over;
        Some(())
    }

    fn execute(&mut self, id: &str) -> Option<()> {
        let transfer = self.transfers.get_mut(id).filter(|t| t.step == Step::Approved)?;
        let destination = self.accounts.get(&transfer.destination)?;
        if destination.status == Status::Closed {
            return None;
        }
        // The hold covers the amount; a frozen source still gives nothing.
        let source = self.accounts.get_mut(&transfer.source)?;
        if source.status != Status::Open {
            return None;
        }
        source.standing.held -= transfer.amount;
        source.standing.balance -= transfer.amount;
        self.accounts.get_mut(&transfer.destination)?.standing.balance += transfer.amount;
        transfer.step = Step::Over;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_moves_money_only_when_somebody_else_approved_it() {
        let usd: Currency = "USD".parse().unwrap();
        let mut book = Book::default();
        let mut enter = |wish: Wish, actor: &str| book.enter(&wish, actor).is_some();
        for account in ["a", "b"] {
            let account = account.to_owned();
            assert!(enter(Wish::Open { account, currency: usd, overdraft_limit: 0 }, "ann"));
        }
        let (a, b, t) = ("a".to_owned(), "b".to_owned(), "t".to_owned());
        assert!(enter(Wish::PutIn { account: a.clone(), currency: usd, amount: 500 }, "ann"));
        let initiate = Wish::Initiate {
            transfer: t.clone(),
            source: a.clone(),
            destination: b,
            currency: usd,
            amount: 400,
        };
        assert!(enter(initiate, "ann"));
        assert!(!enter(Wish::TakeOut { account: a, currency: usd, amount: 200 }, "ann"));
        assert!(!enter(Wish::Execute { transfer: t.clone() }, "ann"));
        assert!(!enter(Wish::Approve { transfer: t.clone() }, "ann"));
        assert!(enter(Wish::Approve { transfer: t.clone() }, "ben"));
        assert!(enter(Wish::Execute { transfer: t.clone() }, "ann"));
        assert!(!enter(Wish::Cancel { transfer: t }, "ann"));
        assert_eq!(book.accounts["a"].standing, Standing { currency: usd, balance: 100, held: 0 });
        assert_eq!(book.accounts["b"].standing.balance, 400);
    }
}
