//! Running balances: every event that moves or holds money carries the sum after it, which must be the sum before it and
//! its amount. A pure rule, for one account.

use daybook_bank::account::{AccountEvent, AccountId};
use daybook_bank::money::Currency;
use daybook_bank::postings::{LedgerAccount, postings};

/// What an account's events say that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) currency: Currency,
    pub(crate) balance: i64,
    held: i64,
}

/// A field that is not what follows from the event before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// What the account has after `event`, as the event says: what is wrong about one says nothing about the next.
pub(crate) fn step(
    before: Option<Running>,
    account_id: &AccountId,
    event: &AccountEvent,
) -> (Option<Running>, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let mut check = |field, expected: String, found: String| {
        if expected != found {
            wrong.push(Wrong { field, expected, found });
        }
    };
    if let AccountEvent::Opened(opened) = event {
        check("state", "no account".to_owned(), words(before));
        return (Some(Running { currency: opened.currency, balance: 0, held: 0 }), wrong);
    }
    let Some(mut running) = before else {
        check("state", "an open account".to_owned(), words(before));
        return (None, wrong);
    };
    for line in postings(account_id, event).into_iter().flatten() {
        if line.account == LedgerAccount::Customer(account_id.clone()) {
            let balance = i128::from(running.balance) + line.signed_minor_units();
            let (currency, found) = (running.currency, line.amount.currency);
            check("amount.currency", currency.to_string(), found.to_string());
            if let Some(carried) = carried_balance(event) {
                check("balance", balance.to_string(), carried.to_string());
                running.balance = carried;
            }
        }
    }
    if let Some((change, carried)) = hold(event) {
        let held = i128::from(running.held) + change;
        check("held", held.to_string(), carried.to_string());
        running.held = carried;
    }
    (Some(running), wrong)
}

fn words(state: Option<Running>) -> String {
    state.map_or("no account", |_| "an account that was opened before").to_owned()
}

fn carried_balance(event: &AccountEvent) -> Option<i64> {
    match event {
        AccountEvent::Deposited(e) => Some(e.balance),
        AccountEvent::Withdrawn(e) => Some(e.balance),
        AccountEvent::FeeCharged(e) => Some(e.balance),
        AccountEvent::Refunded(e) => Some(e.balance),
        AccountEvent::TransferDebited(e) => Some(e.balance),
        AccountEvent::TransferCredited(e) => Some(e.balance),
        AccountEvent::Opened(_)
        | AccountEvent::FundsHeld(_)
        | AccountEvent::HoldReleased(_)
        | AccountEvent::Frozen(_)
        | AccountEvent::Unfrozen(_)
        | AccountEvent::Closed(_) => None,
    }
}

/// How the sum of holds changes, and what the event says that it is then.
fn hold(event: &AccountEvent) -> Option<(i128, i64)> {
    match event {
        AccountEvent::FundsHeld(e) => Some((i128::from(e.amount.minor_units), e.held)),
        AccountEvent::HoldReleased(e) => Some((-i128::from(e.amount.minor_units), e.held)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_bank::account::event::{AccountOpened, FundsHeld, MoneyDeposited, MoneyWithdrawn};
    use daybook_bank::money::Money;
    use daybook_bank::transfer::TransferId;
    use daybook_core::personal::Personal;

    fn money(minor_units: i64, currency: &str) -> Money {
        Money::new(minor_units, currency.parse().expect("a currency"))
    }

    fn opened() -> AccountEvent {
        AccountEvent::Opened(AccountOpened {
            owner: Personal::new("Ada").expect("a name"),
            currency: "USD".parse().expect("a currency"),
            overdraft_limit: 0,
        })
    }

    fn deposited(amount: Money, balance: i64) -> AccountEvent {
        AccountEvent::Deposited(MoneyDeposited { amount, balance })
    }

    fn withdrawn(minor_units: i64, balance: i64) -> AccountEvent {
        AccountEvent::Withdrawn(MoneyWithdrawn { amount: money(minor_units, "USD"), balance })
    }

    fn held(minor_units: i64, held: i64) -> AccountEvent {
        let transfer_id = TransferId::new("t").expect("an id");
        AccountEvent::FundsHeld(FundsHeld { transfer_id, amount: money(minor_units, "USD"), held })
    }

    fn wrong(events: &[AccountEvent]) -> Vec<String> {
        let account_id = AccountId::new("a").expect("an id");
        let (mut running, mut all) = (None, Vec::new());
        for event in events {
            let (after, wrong) = step(running, &account_id, event);
            running = after;
            let text = |w: &Wrong| format!("{}: {}, not {}", w.field, w.found, w.expected);
            all.extend(wrong.iter().map(text));
        }
        all
    }

    #[test]
    fn one_changed_amount_is_one_finding() {
        let usd = |n| money(n, "USD");
        assert!(wrong(&[opened(), deposited(usd(5), 5), withdrawn(2, 3), held(3, 3)]).is_empty());
        assert_eq!(
            wrong(&[opened(), deposited(usd(9), 5), withdrawn(2, 3)]),
            ["balance: 5, not 9"]
        );
        assert_eq!(
            wrong(&[opened(), deposited(usd(5), 9), withdrawn(2, 3)]),
            ["balance: 9, not 5", "balance: 3, not 7"]
        );
        assert_eq!(wrong(&[opened(), held(3, 4)]), ["held: 4, not 3"]);
        assert_eq!(
            wrong(&[opened(), deposited(money(5, "EUR"), 5)]),
            ["amount.currency: EUR, not USD"]
        );
        assert_eq!(wrong(&[withdrawn(2, 3)]), ["state: no account, not an open account"]);
    }
}
