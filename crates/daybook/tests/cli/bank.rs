//! What a person does in a day.

use crate::runner::{Dev, directory, told};

#[test]
fn a_bank_can_be_run_from_the_command_line() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);

    dev.done("registry", "account open alice --owner Alice --currency USD");
    dev.done("registry", "account open bob --owner Bob --currency USD --overdraft 100");
    let deposit = dev.done("teller", "deposit alice 500.00 --currency USD --reason salary");
    assert_eq!(deposit["streams"][0]["version"], 2);
    assert_eq!(deposit["replayed"], false);

    dev.done("ann", "transfer initiate alice bob 200 --currency USD --id t-1");
    assert_eq!(dev.refused("ann", "transfer approve t-1")["reason"], "OWN_APPROVAL");
    dev.done("ben", "transfer approve t-1 --reason checked");
    dev.done("ben", "transfer execute t-1");
    dev.done("billing", "fee alice 12.50 --currency USD");
    // Without --currency the account is asked for it.
    let refund = dev.done("sue", "refund alice 50.00 --customer Carol --command-id r-1");
    let again = dev.done("sue", "refund alice 50.00 --customer Carol --command-id r-1");
    assert_eq!((&again["position"], &again["replayed"]), (&refund["position"], &true.into()));

    assert_eq!(dev.balance("alice", &refund["position"]), "237.50");
    assert_eq!(dev.balance("bob", &refund["position"]), "200.00");

    let statement = dev.list(&format!("statement alice --min-position {}", refund["position"]));
    let kinds: Vec<_> = statement.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["deposit", "transfer-out", "fee", "refund"]);
    assert_eq!(statement[3]["balance"], "237.50");
    assert_eq!(statement[3]["counterparty"], "Carol");
    assert_eq!(statement[0]["reason"], "salary");

    let transfer = dev.done("auditor", "transfer show t-1");
    assert_eq!(transfer["status"], "executed");
    assert_eq!(transfer["steps"][1]["actor"], "ben");
    assert_eq!(dev.list("transfer list --account bob --status executed").len(), 1);

    let history = dev.list("history account-alice");
    let versions: Vec<_> = history.iter().map(|event| event["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, (1..=7).collect::<Vec<_>>());
    let backwards = dev.list("history account-alice --backwards --limit 2");
    assert_eq!(backwards.len(), 2);
    assert_eq!(backwards[0], history[6]);
    assert_eq!(dev.list("history account-alice --type fee-charged --from-version 2").len(), 1);

    assert_eq!(dev.list("account list").len(), 2);
    let activity = dev.list("activity --currency USD");
    let fees = activity.iter().find(|row| row["kind"] == "fee").unwrap();
    assert_eq!((&fees["count"], &fees["volume"]), (&1.into(), &"12.50".into()));
    assert!(dev.list("projections").iter().all(|projection| projection["state"] == "live"));

    let shown = dev.call("auditor", "statement alice").output().unwrap();
    let shown = told(&shown);
    assert!(shown.contains("opening balance 0.00 USD"), "{shown}");
    assert!(shown.contains("closing balance 237.50 USD"), "{shown}");
    let shown = told(&dev.call("auditor", "statement alice --limit 2").output().unwrap());
    assert!(!shown.contains("closing balance"), "{shown}");
    assert!(shown.contains("balance after these 300.00 USD; more movements follow"), "{shown}");

    // What is not there is an error, and an empty answer says that it is one.
    for unknown in ["transfer list --account nobody", "audit --stream account-nobody"] {
        assert_eq!(dev.refused("auditor", unknown)["code"], "NOT_FOUND", "{unknown}");
    }
    assert_eq!(dev.refused("auditor", "projections acounts")["code"], "NOT_FOUND");
    let nothing = told(&dev.call("auditor", "audit --by nobody").output().unwrap());
    assert!(nothing.starts_with("nothing found\nas of position "), "{nothing}");

    // A program may read a JSON number as a binary fraction.
    let rich = dev.done("teller", "deposit bob 90071992547409.93 --currency USD");
    let bob = dev.done("auditor", "account show bob");
    assert_eq!(bob["balance_minor_units"], "9007199254760993");
    assert_eq!(bob["as_of_position"], rich["position"]);
    assert_eq!(bob["as_of_time"], rich["recorded_at"]);
}

#[test]
fn a_stale_expected_version_is_refused_with_both_versions() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    dev.done("registry", "account open a --owner A --currency JPY --expected-version no-stream");
    dev.done("teller", "deposit a 5 --currency JPY --expected-version 1");

    let stale = dev.refused("teller", "deposit a 5 --currency JPY --expected-version 1");
    assert_eq!(stale["code"], "ABORTED");
    assert_eq!(
        (&stale["metadata"]["expected"], &stale["metadata"]["actual"]),
        (&"1".into(), &"2".into())
    );
    dev.done("teller", "deposit a 5 --currency JPY --expected-version 2");
}
