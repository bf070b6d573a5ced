//! Every rule of a transfer, accepted and refused.

use daybook_bank::BankState;
use daybook_bank::account::AccountEvent;
use daybook_bank::account::event::{FundsHeld, HoldReleased, TransferCredited, TransferDebited};
use daybook_bank::money::Money;
use daybook_bank::transfer::event::{
    TransferApproved, TransferCancelled, TransferExecuted, TransferInitiated, TransferRejected,
};
use daybook_bank::transfer::{TransferCommand, TransferEvent, TransferStatus};
use daybook_bank::{Bank, BankEvent};
use daybook_core::domain::{Domain, States};
use daybook_core::stream::StreamId;
use daybook_core::testing::Scenario;

use crate::given::*;

fn of_account(event: impl Into<AccountEvent>) -> BankEvent {
    BankEvent::Account(event.into())
}

fn of_transfer(event: impl Into<TransferEvent>) -> BankEvent {
    BankEvent::Transfer(event.into())
}

/// `alice` has 500.00, `bob` has nothing; all transfers need approval.
fn two_accounts() -> Scenario<Bank> {
    alice_has("500.00").given(account("bob"), opened())
}

/// As [`two_accounts`], and transfers below 100.00 need no approval.
fn two_accounts_with_small_transfers_free() -> Scenario<Bank> {
    let bank = Bank { policy: "USD=100.00".parse().unwrap() };
    alice_of(bank, "500.00").given(account("bob"), opened())
}

/// `ines` initiated transfer `t` of 200.00 from `alice` to `bob`.
fn initiated() -> Scenario<Bank> {
    two_accounts().when("ines", initiate("t", "alice", "bob", usd("200.00"))).then_accepted()
}

fn approved() -> Scenario<Bank> {
    initiated().when("omar", approve("t")).then_accepted()
}

fn released() -> (StreamId, BankEvent) {
    let hold = HoldReleased { transfer_id: transfer_id("t"), amount: usd("200.00"), held: 0 };
    (account("alice"), of_account(hold))
}

#[test]
fn initiating_records_the_wish_and_holds_the_money_at_once() {
    let amount = usd("200.00");
    let scenario = two_accounts().when("ines", initiate("t", "alice", "bob", amount)).then([
        (
            transfer("t"),
            of_transfer(TransferInitiated {
                source: account_id("alice"),
                destination: account_id("bob"),
                amount,
                initiator: actor("ines"),
                approval_required: true,
            }),
        ),
        (
            account("alice"),
            of_account(FundsHeld { transfer_id: transfer_id("t"), amount, held: cents("200.00") }),
        ),
    ]);
    let alice = account_in(&scenario, "alice");
    assert_eq!((alice.balance, alice.held), (cents("500.00"), cents("200.00")));
    assert_eq!(alice.available(), i128::from(cents("300.00")));
}

#[test]
fn a_transfer_id_is_used_once() {
    initiated()
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_rejected("TRANSFER_EXISTS");
}

#[test]
fn source_and_destination_differ() {
    two_accounts()
        .when("ines", initiate("t", "alice", "alice", usd("1.00")))
        .then_rejected("SAME_ACCOUNT");
}

#[test]
fn both_accounts_must_exist() {
    two_accounts()
        .when("ines", initiate("t", "nobody", "bob", usd("1.00")))
        .then_rejected("ACCOUNT_NOT_FOUND")
        .when("ines", initiate("t", "alice", "nobody", usd("1.00")))
        .then_rejected("ACCOUNT_NOT_FOUND");
}

#[test]
fn neither_account_may_be_closed() {
    two_accounts()
        .given(account("bob"), closed())
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_rejected("ACCOUNT_CLOSED")
        .when("ines", initiate("t", "bob", "alice", usd("1.00")))
        .then_rejected("ACCOUNT_CLOSED");
}

#[test]
fn both_accounts_are_held_in_the_currency_of_the_amount() {
    let with_euros = || two_accounts().given(account("eve"), opened_in("EUR", 100));
    for (source, destination, amount) in [
        ("alice", "eve", usd("1.00")),
        ("eve", "alice", usd("1.00")),
        ("alice", "eve", money("1.00", "EUR")),
        ("alice", "bob", money("1.00", "EUR")),
    ] {
        with_euros()
            .when("ines", initiate("t", source, destination, amount))
            .then_rejected("CURRENCY_MISMATCH");
    }
}

#[test]
fn money_leaves_no_frozen_account_and_may_go_to_one() {
    two_accounts()
        .given(account("alice"), frozen())
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_rejected("ACCOUNT_FROZEN");
    two_accounts()
        .given(account("bob"), frozen())
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_accepted()
        .when("omar", approve("t"))
        .then_accepted()
        .when("omar", execute("t"))
        .then_accepted();
}

#[test]
fn all_that_is_available_may_be_transferred_and_not_a_cent_more() {
    two_accounts()
        .when("ines", initiate("t", "alice", "bob", usd("500.01")))
        .then_rejected("INSUFFICIENT_FUNDS")
        .when("ines", initiate("t", "alice", "bob", usd("500.00")))
        .then_accepted();
}

#[test]
fn two_transfers_never_hold_the_same_money() {
    initiated()
        .when("ines", initiate("u", "alice", "bob", usd("300.01")))
        .then_rejected("INSUFFICIENT_FUNDS")
        .when("ines", initiate("u", "alice", "bob", usd("300.00")))
        .then_accepted();
}

#[test]
fn an_amount_of_a_transfer_is_more_than_zero() {
    for minor_units in [0, -1, i64::MIN] {
        let amount = Money::new(minor_units, currency("USD"));
        two_accounts()
            .when("ines", initiate("t", "alice", "bob", amount))
            .then_rejected("AMOUNT_NOT_POSITIVE");
    }
}

#[test]
fn somebody_other_than_the_initiator_approves() {
    initiated()
        .when("ines", approve("t"))
        .then_rejected("OWN_APPROVAL")
        .when("omar", approve("t"))
        .then([(transfer("t"), of_transfer(TransferApproved { approver: actor("omar") }))])
        .when("olga", approve("t"))
        .then_rejected("WRONG_TRANSFER_STATE");
}

#[test]
fn below_the_configured_amount_nobody_needs_to_approve() {
    two_accounts_with_small_transfers_free()
        .when("ines", initiate("t", "alice", "bob", usd("99.99")))
        .then_accepted()
        .when("omar", approve("t"))
        .then_rejected("APPROVAL_NOT_REQUIRED")
        .when("omar", reject("t"))
        .then_rejected("APPROVAL_NOT_REQUIRED")
        .when("ines", execute("t"))
        .then_accepted();
    two_accounts_with_small_transfers_free()
        .when("ines", initiate("t", "alice", "bob", usd("100.00")))
        .then_accepted()
        .when("ines", execute("t"))
        .then_rejected("APPROVAL_MISSING");
}

#[test]
fn rejecting_ends_a_transfer_that_waits_for_approval_and_releases_its_hold() {
    initiated()
        .when("omar", reject("t"))
        .then([(transfer("t"), of_transfer(TransferRejected {})), released()]);
    approved().when("omar", reject("t")).then_rejected("WRONG_TRANSFER_STATE");
}

#[test]
fn cancelling_ends_a_transfer_before_it_is_executed_and_releases_its_hold() {
    for scenario in [initiated(), approved()] {
        scenario
            .when("ines", cancel("t"))
            .then([(transfer("t"), of_transfer(TransferCancelled {})), released()]);
    }
    two_accounts_with_small_transfers_free()
        .when("ines", initiate("t", "alice", "bob", usd("99.99")))
        .then_accepted()
        .when("ines", cancel("t"))
        .then_accepted();
}

#[test]
fn executing_releases_the_hold_and_moves_the_money_in_one_append() {
    let amount = usd("200.00");
    let debited = TransferDebited {
        transfer_id: transfer_id("t"),
        counterparty: account_id("bob"),
        amount,
        balance: cents("300.00"),
    };
    let credited = TransferCredited {
        transfer_id: transfer_id("t"),
        counterparty: account_id("alice"),
        amount,
        balance: cents("200.00"),
    };
    let scenario = approved().when("omar", execute("t")).then([
        (transfer("t"), of_transfer(TransferExecuted {})),
        released(),
        (account("alice"), of_account(debited)),
        (account("bob"), of_account(credited)),
    ]);
    assert_eq!(account_in(&scenario, "alice").balance, cents("300.00"));
    assert_eq!(account_in(&scenario, "bob").balance, cents("200.00"));
    assert_eq!(transfer_in(&scenario, "t").status, TransferStatus::Executed);
}

#[test]
fn a_transfer_that_needs_approval_is_not_executed_without_it() {
    initiated().when("omar", execute("t")).then_rejected("APPROVAL_MISSING");
}

#[test]
fn executing_uses_the_money_that_was_held_even_when_nothing_else_is_left() {
    approved()
        .when("teller", withdraw("alice", usd("300.00")))
        .then_accepted()
        .when("omar", execute("t"))
        .then_accepted();
}

#[test]
fn a_source_that_was_frozen_meanwhile_stops_the_execution_and_not_the_release() {
    approved()
        .given(account("alice"), frozen())
        .when("omar", execute("t"))
        .then_rejected("ACCOUNT_FROZEN")
        .when("omar", cancel("t"))
        .then([(transfer("t"), of_transfer(TransferCancelled {})), released()]);
    initiated().given(account("alice"), frozen()).when("omar", reject("t")).then_accepted();
}

#[test]
fn a_destination_that_was_closed_meanwhile_stops_the_execution_and_not_the_release() {
    approved()
        .when("teller", close("bob"))
        .then_accepted()
        .when("omar", execute("t"))
        .then_rejected("ACCOUNT_CLOSED")
        .when("omar", cancel("t"))
        .then_accepted();
}

#[test]
fn a_destination_that_is_full_stops_the_execution() {
    approved()
        .when("teller", deposit("bob", Money::new(i64::MAX, currency("USD"))))
        .then_accepted()
        .when("omar", execute("t"))
        .then_rejected("BALANCE_OVERFLOW");
}

#[test]
fn a_transfer_that_has_ended_takes_no_further_step() {
    let ended = [
        || initiated().when("omar", reject("t")).then_accepted(),
        || initiated().when("omar", cancel("t")).then_accepted(),
        || approved().when("omar", execute("t")).then_accepted(),
    ];
    for scenario in ended {
        for step in steps("t") {
            scenario().when("olga", step).then_rejected("WRONG_TRANSFER_STATE");
        }
    }
}

#[test]
fn an_unknown_transfer_takes_no_step() {
    for step in steps("unknown") {
        two_accounts().when("olga", step).then_rejected("TRANSFER_NOT_FOUND");
    }
}

fn steps(id: &str) -> [TransferCommand; 4] {
    [approve(id), reject(id), cancel(id), execute(id)]
}

#[test]
fn a_command_names_the_streams_that_it_leans_on_as_soon_as_they_can_be_known() {
    struct In<'a>(&'a Scenario<Bank>);
    impl States<BankState> for In<'_> {
        fn state(&self, stream_id: &StreamId) -> Option<&BankState> {
            self.0.state(stream_id)
        }
    }
    let (before, after) = (two_accounts(), initiated());
    let (alice, bob, t) = (account("alice"), account("bob"), transfer("t"));
    let amount = usd("200.00");
    let cases = [
        (initiate("t", "alice", "bob", amount), vec![alice.clone(), t.clone(), bob.clone()], 3),
        (approve("t"), vec![t.clone()], 1),
        (reject("t"), vec![t.clone(), alice.clone()], 1),
        (cancel("t"), vec![t.clone(), alice.clone()], 1),
        (execute("t"), vec![t, alice, bob], 1),
    ];
    for (command, streams, known_before) in cases {
        let command = command.into();
        let bank = Bank::default();
        assert_eq!(bank.streams(&command, &In(&before)), streams[..known_before], "{command:?}");
        assert_eq!(bank.streams(&command, &In(&after)), streams, "{command:?}");
    }
}
