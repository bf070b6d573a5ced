//! States of streams: how they are folded, kept in snapshots and told apart.

use daybook_bank::account::Account;
use daybook_bank::transfer::Transfer;
use daybook_bank::{Bank, BankState};
use daybook_core::domain::{Aggregate, Domain};
use daybook_core::stream::StreamId;
use daybook_core::testing::Scenario;

use crate::given::*;

#[test]
fn a_snapshot_of_any_aggregate_reads_back_as_the_state() {
    let scenario = alice_has("2.00")
        .given(account("bob"), opened())
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_accepted();
    for stream_id in [account("alice"), transfer("t")] {
        let state = scenario.state(&stream_id).unwrap();
        let text = Bank::default().encode_state(state).unwrap();
        assert_eq!(&Bank::default().decode_state(&stream_id, &text).unwrap(), state);
    }
}

#[test]
fn a_snapshot_that_is_no_such_state_is_an_error_and_not_a_guess() {
    let elsewhere = StreamId::parse("weather-rome").unwrap();
    let of_alice = alice_has("2.00");
    let text = Bank::default().encode_state(of_alice.state(&account("alice")).unwrap()).unwrap();
    for (stream_id, text) in [
        (account("alice"), "{}"),
        (account("alice"), "not json"),
        (transfer("t"), text.as_str()),
        (elsewhere, text.as_str()),
    ] {
        assert!(Bank::default().decode_state(&stream_id, text).is_err(), "{stream_id}: {text}");
    }
}

#[test]
fn each_aggregate_has_the_fingerprint_that_its_author_gave_it() {
    let bank = Bank::default();
    assert_eq!(bank.fingerprint(&account("alice")), Account::FINGERPRINT);
    assert_eq!(bank.fingerprint(&transfer("t")), Transfer::FINGERPRINT);
    let elsewhere = StreamId::parse("weather-rome").unwrap();
    assert!(![Account::FINGERPRINT, Transfer::FINGERPRINT].contains(&bank.fingerprint(&elsewhere)));
}

/// The state's shape, pinned beside the fingerprint: who changes one of the two is reminded of the other.
#[test]
fn the_shape_of_a_snapshot_changes_only_with_its_fingerprint() {
    let scenario = alice_has("2.00")
        .given(account("bob"), opened())
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_accepted();
    let text =
        |stream_id| Bank::default().encode_state(scenario.state(&stream_id).unwrap()).unwrap();
    assert_eq!((Account::FINGERPRINT, Transfer::FINGERPRINT), (1, 1));
    assert_eq!(
        text(account("alice")),
        r#"{"currency":"USD","overdraft_limit":0,"balance":200,"held":100,"status":"open"}"#
    );
    assert_eq!(
        text(transfer("t")),
        r#"{"source":"alice","destination":"bob","amount":{"minor_units":100,"currency":"USD"},"initiator":"ines","approval_required":true,"status":"initiated"}"#
    );
}

#[test]
fn what_precedes_the_first_event_of_an_aggregate_is_nothing() {
    let scenario = Scenario::new(Bank::default()).given(account("alice"), deposited("1.00"));
    assert_eq!(scenario.state(&account("alice")), None::<&BankState>);
}
