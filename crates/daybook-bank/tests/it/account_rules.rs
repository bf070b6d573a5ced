//! Every rule of one account, accepted and refused.

use daybook_bank::account::event::{
    AccountClosed, AccountFrozen, AccountOpened, AccountUnfrozen, FeeCharged, MoneyDeposited,
    MoneyRefunded, MoneyWithdrawn,
};
use daybook_bank::account::{AccountCommand, AccountEvent, AccountStatus};
use daybook_bank::money::Money;
use daybook_bank::{Bank, BankEvent};
use daybook_core::testing::Scenario;

use crate::given::*;

fn event(event: impl Into<AccountEvent>) -> BankEvent {
    BankEvent::Account(event.into())
}

fn nothing() -> Scenario<Bank> {
    Scenario::new(Bank::default())
}

/// All commands that need an account to exist.
fn commands_to(id: &str) -> Vec<AccountCommand> {
    let amount = usd("1.00");
    vec![
        deposit(id, amount),
        withdraw(id, amount),
        charge_fee(id, amount),
        refund(id, amount),
        freeze(id),
        unfreeze(id),
        close(id),
    ]
}

fn debits_from(id: &str, amount: Money) -> [AccountCommand; 3] {
    [withdraw(id, amount), charge_fee(id, amount), refund(id, amount)]
}

#[test]
fn an_account_is_opened_once() {
    let opened =
        AccountOpened { owner: person("Alice"), currency: currency("USD"), overdraft_limit: 0 };
    nothing()
        .when("teller", open("alice"))
        .then([(account("alice"), event(opened))])
        .when("teller", open("alice"))
        .then_rejected("ACCOUNT_EXISTS");
}

#[test]
fn a_closed_account_is_not_opened_again() {
    alice_has("0.00")
        .given(account("alice"), closed())
        .when("teller", open("alice"))
        .then_rejected("ACCOUNT_EXISTS");
}

#[test]
fn an_overdraft_limit_is_zero_or_more() {
    let open_with = |overdraft_limit| AccountCommand::OpenAccount {
        account_id: account_id("alice"),
        owner: person("Alice"),
        currency: currency("USD"),
        overdraft_limit,
    };
    nothing().when("teller", open_with(-1)).then_rejected("OVERDRAFT_LIMIT_NEGATIVE");
    nothing().when("teller", open_with(0)).then_accepted();
    nothing().when("teller", open_with(i64::MAX)).then_accepted();
}

#[test]
fn nothing_happens_to_an_account_that_was_never_opened() {
    for command in commands_to("nobody") {
        nothing().when("teller", command).then_rejected("ACCOUNT_NOT_FOUND");
    }
}

#[test]
fn nothing_happens_to_a_closed_account() {
    for command in commands_to("alice") {
        alice_has("0.00")
            .given(account("alice"), closed())
            .when("teller", command)
            .then_rejected("ACCOUNT_CLOSED");
    }
}

#[test]
fn money_comes_in_and_goes_out_and_each_event_says_the_balance_after_it() {
    let alice = || account("alice");
    let (five, two, fee) = (usd("500.00"), usd("200.00"), usd("12.50"));
    let customer = person("Carol");
    nothing()
        .given(alice(), opened())
        .when("teller", deposit("alice", five))
        .then([(alice(), event(MoneyDeposited { amount: five, balance: cents("500.00") }))])
        .when("teller", withdraw("alice", two))
        .then([(alice(), event(MoneyWithdrawn { amount: two, balance: cents("300.00") }))])
        .when("teller", charge_fee("alice", fee))
        .then([(alice(), event(FeeCharged { amount: fee, balance: cents("287.50") }))])
        .when("teller", refund("alice", two))
        .then([(alice(), event(MoneyRefunded { amount: two, customer, balance: cents("87.50") }))]);
}

#[test]
fn all_that_is_available_may_go_out_and_not_a_cent_more() {
    for command in debits_from("alice", usd("100.00")) {
        alice_has("100.00").when("teller", command).then_accepted();
    }
    for command in debits_from("alice", usd("100.01")) {
        alice_has("100.00").when("teller", command).then_rejected("INSUFFICIENT_FUNDS");
    }
}

#[test]
fn an_overdraft_limit_lets_the_balance_go_below_zero_so_far_and_no_further() {
    let with_limit = || nothing().given(account("alice"), opened_in("USD", cents("50.00")));
    let scenario = with_limit().when("teller", withdraw("alice", usd("50.00"))).then_accepted();
    assert_eq!(account_in(&scenario, "alice").balance, cents("-50.00"));
    scenario.when("teller", withdraw("alice", usd("0.01"))).then_rejected("INSUFFICIENT_FUNDS");
    with_limit()
        .when("teller", withdraw("alice", usd("50.01")))
        .then_rejected("INSUFFICIENT_FUNDS");
}

#[test]
fn money_that_is_held_for_a_transfer_is_not_available() {
    alice_has("100.00")
        .given(account("bob"), opened())
        .when("ines", initiate("t", "alice", "bob", usd("60.00")))
        .then_accepted()
        .when("teller", withdraw("alice", usd("40.01")))
        .then_rejected("INSUFFICIENT_FUNDS")
        .when("teller", withdraw("alice", usd("40.00")))
        .then_accepted();
}

#[test]
fn a_frozen_account_takes_money_in_and_gives_none_out() {
    let frozen_alice = || alice_has("100.00").given(account("alice"), frozen());
    for command in debits_from("alice", usd("1.00")) {
        frozen_alice().when("teller", command).then_rejected("ACCOUNT_FROZEN");
    }
    frozen_alice().when("teller", deposit("alice", usd("1.00"))).then_accepted();
}

#[test]
fn freezing_and_unfreezing_alternate() {
    let alice = || account("alice");
    alice_has("1.00")
        .when("officer", unfreeze("alice"))
        .then_rejected("NOT_FROZEN")
        .when("officer", freeze("alice"))
        .then([(alice(), event(AccountFrozen {}))])
        .when("officer", freeze("alice"))
        .then_rejected("ALREADY_FROZEN")
        .when("officer", unfreeze("alice"))
        .then([(alice(), event(AccountUnfrozen {}))])
        .when("teller", withdraw("alice", usd("1.00")))
        .then_accepted();
}

#[test]
fn an_account_is_closed_only_when_nothing_is_on_it_and_nothing_held() {
    alice_has("0.01").when("teller", close("alice")).then_rejected("ACCOUNT_NOT_EMPTY");
    let overdrawn = nothing().given(account("alice"), opened_in("USD", 100));
    overdrawn
        .when("teller", withdraw("alice", usd("0.50")))
        .then_accepted()
        .when("teller", close("alice"))
        .then_rejected("ACCOUNT_NOT_EMPTY");
    // Nothing is on it, but its overdraft is promised to a transfer.
    nothing()
        .given(account("alice"), opened_in("USD", 100))
        .given(account("bob"), opened())
        .when("ines", initiate("t", "alice", "bob", usd("0.50")))
        .then_accepted()
        .when("teller", close("alice"))
        .then_rejected("ACCOUNT_NOT_EMPTY");
    alice_has("0.00")
        .when("teller", close("alice"))
        .then([(account("alice"), event(AccountClosed {}))]);
    let scenario = alice_has("0.00")
        .given(account("alice"), frozen())
        .when("teller", close("alice"))
        .then_accepted();
    assert_eq!(account_in(&scenario, "alice").status, AccountStatus::Closed);
}

#[test]
fn amounts_are_more_than_zero() {
    for minor_units in [0, -1, i64::MIN] {
        let amount = Money::new(minor_units, currency("USD"));
        alice_has("1.00")
            .when("teller", deposit("alice", amount))
            .then_rejected("AMOUNT_NOT_POSITIVE");
        for command in debits_from("alice", amount) {
            alice_has("1.00").when("teller", command).then_rejected("AMOUNT_NOT_POSITIVE");
        }
    }
}

#[test]
fn currencies_do_not_mix() {
    let euro = money("1.00", "EUR");
    alice_has("1.00").when("teller", deposit("alice", euro)).then_rejected("CURRENCY_MISMATCH");
    for command in debits_from("alice", euro) {
        alice_has("1.00").when("teller", command).then_rejected("CURRENCY_MISMATCH");
    }
}

#[test]
fn what_64_bits_cannot_hold_is_refused_and_never_wraps() {
    let max = Money::new(i64::MAX, currency("USD"));
    let one = Money::new(1, currency("USD"));
    let full = nothing()
        .given(account("alice"), opened())
        .when("teller", deposit("alice", max))
        .then_accepted();
    full.when("teller", deposit("alice", one)).then_rejected("BALANCE_OVERFLOW");
    // What is available counts, too: it includes the overdraft limit.
    nothing()
        .given(account("alice"), opened_in("USD", i64::MAX))
        .when("teller", deposit("alice", one))
        .then_rejected("BALANCE_OVERFLOW")
        .when("teller", withdraw("alice", max))
        .then_accepted()
        .when("teller", withdraw("alice", one))
        .then_rejected("INSUFFICIENT_FUNDS");
}

#[test]
fn a_hold_makes_no_room_for_more_than_could_be_released_again() {
    let max = Money::new(i64::MAX, currency("USD"));
    let one = Money::new(1, currency("USD"));
    nothing()
        .given(account("alice"), opened_in("USD", 1))
        .given(account("bob"), opened())
        .when("teller", deposit("alice", Money::new(i64::MAX - 1, currency("USD"))))
        .then_accepted()
        .when("ines", initiate("t", "alice", "bob", max))
        .then_accepted()
        .when("teller", deposit("alice", one))
        .then_rejected("BALANCE_OVERFLOW")
        .when("ines", cancel("t"))
        .then_accepted();
}
