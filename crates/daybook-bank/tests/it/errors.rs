//! Refusals, as programs and people see them.

use daybook_bank::account::{AccountCommand, AccountError};
use daybook_bank::transfer::{TransferError, TransferStatus};
use daybook_bank::{Bank, BankCommand, BankRejection};
use daybook_core::domain::{Rejection, RejectionKind};
use daybook_core::testing::Scenario;

use crate::given::*;

#[track_caller]
fn refusal(scenario: Scenario<Bank>, command: impl Into<BankCommand>) -> BankRejection {
    scenario.when("ines", command).result().unwrap_err().clone()
}

#[test]
fn a_refusal_carries_the_numbers_that_were_compared() {
    let scenario = alice_has("237.50")
        .given(account("bob"), opened())
        .when("ines", initiate("t", "alice", "bob", usd("100.00")))
        .then_accepted();
    let refusal = refusal(scenario, withdraw("alice", usd("500.00")));
    assert_eq!(refusal.kind(), RejectionKind::RuleBroken);
    assert_eq!(refusal.subject(), "account-alice");
    let facts = [
        ("available", "13750"),
        ("requested", "50000"),
        ("balance", "23750"),
        ("held", "10000"),
        ("overdraft_limit", "0"),
        ("currency", "USD"),
    ];
    assert_eq!(refusal.facts(), facts.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(
        refusal.to_string(),
        "account `alice` has 137.50 available and 500.00 USD was requested \
         (balance 237.50, held 100.00, overdraft limit 0.00)"
    );
}

#[test]
fn a_field_that_cannot_be_right_is_named_as_in_the_public_api() {
    let field = |command: BankCommand| {
        let scenario = alice_has("1.00").given(account("bob"), opened());
        match refusal(scenario, command).kind() {
            RejectionKind::Invalid { field } => field,
            kind => panic!("{kind:?}"),
        }
    };
    let negative_limit = AccountCommand::OpenAccount {
        account_id: account_id("new"),
        owner: person("New"),
        currency: currency("USD"),
        overdraft_limit: -1,
    };
    assert_eq!(field(negative_limit.into()), "overdraft_limit_minor_units");
    assert_eq!(field(deposit("alice", usd("0")).into()), "amount.minor_units");
    assert_eq!(field(deposit("alice", money("1", "EUR")).into()), "amount.currency");
    let to_itself = initiate("t", "alice", "alice", usd("1.00"));
    assert_eq!(field(to_itself.into()), "destination_account_id");
}

#[test]
fn a_refusal_says_which_of_the_accounts_it_is_about() {
    let refusal = refusal(alice_has("1.00"), initiate("t", "alice", "bob", usd("1.00")));
    assert_eq!(refusal.kind(), RejectionKind::NotFound);
    assert_eq!(refusal.subject(), "account-bob");
}

#[test]
fn an_unknown_thing_and_one_that_exists_are_kinds_of_their_own() {
    let kind = |command: BankCommand| {
        let scenario = alice_has("1.00")
            .given(account("bob"), opened())
            .when("ines", initiate("t", "alice", "bob", usd("1.00")))
            .then_accepted();
        refusal(scenario, command).kind()
    };
    assert_eq!(kind(open("alice").into()), RejectionKind::AlreadyExists);
    let again = initiate("t", "alice", "bob", usd("1.00"));
    assert_eq!(kind(again.into()), RejectionKind::AlreadyExists);
    assert_eq!(kind(execute("unknown").into()), RejectionKind::NotFound);
    assert_eq!(kind(approve("t").into()), RejectionKind::RuleBroken);
}

/// One of each, so that none can be forgotten where wording and reasons are checked.
fn one_of_each() -> Vec<BankRejection> {
    let account_id = account_id("alice");
    let transfer_id = transfer_id("t");
    let usd_currency = currency("USD");
    let (balance, held, overdraft_limit) = (5, 4, 3);
    let of_account = [
        AccountError::NotFound { account_id: account_id.clone() },
        AccountError::Exists { account_id: account_id.clone() },
        AccountError::Closed { account_id: account_id.clone() },
        AccountError::Frozen { account_id: account_id.clone() },
        AccountError::InsufficientFunds {
            account_id: account_id.clone(),
            requested: usd("1.00"),
            available: 4,
            balance,
            held,
            overdraft_limit,
        },
        AccountError::CurrencyMismatch {
            account_id: account_id.clone(),
            expected: usd_currency,
            given: currency("EUR"),
        },
        AccountError::AmountNotPositive { account_id: account_id.clone(), amount: usd("0") },
        AccountError::OverdraftLimitNegative {
            account_id: account_id.clone(),
            overdraft_limit: usd("-1"),
        },
        AccountError::BalanceOverflow {
            account_id: account_id.clone(),
            amount: usd("1"),
            balance,
            overdraft_limit,
        },
        AccountError::NotEmpty {
            account_id: account_id.clone(),
            currency: usd_currency,
            balance,
            held,
        },
        AccountError::AlreadyFrozen { account_id: account_id.clone() },
        AccountError::NotFrozen { account_id: account_id.clone() },
    ];
    let of_transfer = [
        TransferError::NotFound { transfer_id: transfer_id.clone() },
        TransferError::Exists { transfer_id: transfer_id.clone() },
        TransferError::SameAccount { transfer_id: transfer_id.clone(), account_id },
        TransferError::WrongState {
            transfer_id: transfer_id.clone(),
            state: TransferStatus::Executed,
            needed: "approved",
        },
        TransferError::OwnApproval { transfer_id: transfer_id.clone(), initiator: actor("ines") },
        TransferError::ApprovalNotRequired { transfer_id: transfer_id.clone() },
        TransferError::ApprovalMissing { transfer_id },
    ];
    let of_account = of_account.into_iter().map(BankRejection::from);
    of_account.chain(of_transfer.into_iter().map(BankRejection::from)).collect()
}

#[test]
fn every_refusal_has_its_own_reason_that_programs_may_rely_on() {
    let reasons: Vec<_> = one_of_each().iter().map(Rejection::reason).collect();
    assert_eq!(
        reasons,
        [
            "ACCOUNT_NOT_FOUND",
            "ACCOUNT_EXISTS",
            "ACCOUNT_CLOSED",
            "ACCOUNT_FROZEN",
            "INSUFFICIENT_FUNDS",
            "CURRENCY_MISMATCH",
            "AMOUNT_NOT_POSITIVE",
            "OVERDRAFT_LIMIT_NEGATIVE",
            "BALANCE_OVERFLOW",
            "ACCOUNT_NOT_EMPTY",
            "ALREADY_FROZEN",
            "NOT_FROZEN",
            "TRANSFER_NOT_FOUND",
            "TRANSFER_EXISTS",
            "SAME_ACCOUNT",
            "WRONG_TRANSFER_STATE",
            "OWN_APPROVAL",
            "APPROVAL_NOT_REQUIRED",
            "APPROVAL_MISSING",
        ]
    );
}

#[test]
fn every_refusal_is_one_sentence_in_lower_case_that_names_its_subject() {
    for refusal in one_of_each() {
        let sentence = refusal.to_string();
        assert!(sentence.starts_with(|c: char| c.is_lowercase()), "{sentence}");
        assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
        let subject = ["`alice`", "`t`"].iter().any(|name| sentence.contains(name));
        assert!(subject, "{sentence}");
    }
}
