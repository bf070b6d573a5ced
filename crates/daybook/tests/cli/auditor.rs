//! What an auditor does.

use serde_json::Value;

use crate::runner::{Dev, directory, told};

/// `field` of each, as text.
fn each<'a>(rows: &'a [Value], field: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[field].as_str().unwrap()).collect()
}

#[test]
fn an_auditor_finds_explains_and_adds_up() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    dev.done("registry", "account open alice --owner Alice --currency USD");
    dev.done("registry", "account open bob --owner Bob --currency USD");
    dev.done("teller", "deposit alice 50000.00 --currency USD --reason salary");
    dev.done("ann", "transfer initiate alice bob 12000 --currency USD --id t-1 --command-id ask-1");
    dev.done("ben", "transfer approve t-1 --reason checked --causation-id ask-1");
    dev.done("ben", "transfer execute t-1");
    let last = dev.done("billing", "fee alice 12.50 --currency USD");
    let last = last["position"].as_i64().unwrap();

    // The examples of `daybook audit --help`.
    let min = format!("--min-position {last}");
    let of_ben = dev.list(&format!("audit --by ben --from 2026-01-01 --to 2999-01-01 {min}"));
    assert_eq!(of_ben.len(), 5);
    let came = dev.list(&format!("audit --caused-by ask-1 {min}"));
    let expected = ["transfer-initiated", "funds-held", "transfer-approved"];
    assert_eq!(each(&came, "event_type"), expected);
    let large =
        format!("audit --by ben --type transfer-approved --currency USD {min} --min-amount");
    assert_eq!(each(&dev.list(&format!("{large} 10000.01")), "amount"), ["12000.00"]);
    assert_eq!(dev.list(&format!("{large} 12000.01")).len(), 0);
    let newest = dev.list(&format!("audit --backwards --limit 1 {min}"));
    assert_eq!((&newest[0]["position"], &newest[0]["ip"]), (&last.into(), &"127.0.0.1".into()));
    assert_eq!(each(&dev.list(&format!("audit --reason SALARY {min}")), "actor"), ["teller"]);

    let explained = dev.list(&format!("explain alice {min}"));
    let (movements, totals) = explained.split_at(3);
    assert_eq!(each(movements, "balance"), ["50000.00", "38000.00", "37987.50"]);
    let against = ["cash-clearing", "transfers-in-transit", "fee-income"];
    assert_eq!(each(movements, "counter_account"), against);
    assert_eq!(each(totals, "kind"), ["deposit", "fee", "transfer-out"]);
    let then = dev.list(&format!("explain alice --version 2 {min}"));
    assert_eq!(each(&then, "amount"), ["50000.00", "50000.00"]);
    assert_eq!(dev.list(&format!("explain alice --transfer t-1 {min}")).len(), 2);
    let shown = told(&dev.call("auditor", "explain alice").output().unwrap());
    assert!(shown.contains("account alice, balance 37987.50 USD at version 6"), "{shown}");

    let state = dev.done("auditor", "state account-alice --version 3");
    assert_eq!(
        (&state["state"]["balance"], &state["state"]["held"]),
        (&5_000_000.into(), &1_200_000.into())
    );
    let story = dev.list("transfer story t-1");
    assert_eq!(story.len(), 7);
    assert_eq!(story[6]["stream_id"], "account-bob");

    let totals = dev.list(&format!("trial-balance --position {last}"));
    assert_eq!(
        each(&totals, "account"),
        ["customers", "cash-clearing", "fee-income", "transfers-in-transit", "total"]
    );
    assert_eq!(each(&totals, "balance"), ["49987.50", "-50000.00", "12.50", "0.00", "0.00"]);
    let shown = told(&dev.call("auditor", "trial-balance").output().unwrap());
    assert!(shown.contains(&format!("balanced, at position {last}")), "{shown}");
}

#[test]
fn questions_that_make_no_sense_are_refused_before_they_are_asked() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    for arguments in [
        "audit --min-amount 5",
        "audit --min-amount x --currency USD",
        "audit --stream-type ledger",
        "audit --from lately",
        "explain alice --version 1 --position 2",
        "explain alice --version 0",
        "trial-balance --day 2026-01-01 --position 3",
        "trial-balance --day lately",
    ] {
        let output = dev.call("auditor", arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {}", told(&output));
    }
    assert_eq!(dev.refused("auditor", "explain nobody")["reason"], "ACCOUNT_NOT_FOUND");
    assert_eq!(dev.refused("auditor", "transfer story t")["reason"], "TRANSFER_NOT_FOUND");
    assert_eq!(dev.refused("auditor", "state account-x")["reason"], "STREAM_NOT_FOUND");
    assert_eq!(dev.refused("auditor", "audit --reason !!")["code"], "INVALID_ARGUMENT");
}
