//! Which crate may depend on which: ARCHITECTURE's list, read from the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate, and the crates of ours that it depends on. A line that is added here is a decision; the rules below
/// hold for all of them together.
const ARROWS: [(&str, &[&str]); 20] = [
    // The engine: knows no domain.
    ("core", &[]),
    ("runtime", &[]),
    ("eventlog", &["core"]),
    ("outbox", &["core", "runtime"]),
    ("keys", &["core", "eventlog", "runtime"]),
    ("decider", &["core", "eventlog", "keys", "outbox", "runtime"]),
    ("readmodels", &["core", "eventlog", "keys", "outbox", "runtime"]),
    ("proof", &["core"]),
    // Domains: what decides is apart from what is read.
    ("bank", &["core"]),
    ("bank-readmodels", &["bank", "core", "readmodels"]),
    ("domains", &["bank", "core"]),
    // An example, in no process of this build.
    ("parcels", &["core"]),
    // The public contract.
    ("proto", &[]),
    // Services.
    (
        "command",
        &["bank", "core", "decider", "domains", "eventlog", "keys", "outbox", "proto", "runtime"],
    ),
    ("projector", &["bank-readmodels", "domains", "readmodels", "runtime"]),
    ("query", &["bank", "core", "domains", "eventlog", "keys", "proof", "proto", "runtime"]),
    ("prover", &["core", "eventlog", "proof", "runtime"]),
    // Tools.
    ("verify", &["bank", "core", "eventlog", "readmodels"]),
    ("stack", &[]),
    ("testkit", &["stack"]),
];

const ENGINE: [&str; 9] =
    ["core", "runtime", "eventlog", "outbox", "keys", "decider", "readmodels", "proof", "prover"];
const DOMAINS: [&str; 4] = ["bank", "bank-readmodels", "domains", "parcels"];
const SERVICES: [&str; 4] = ["command", "projector", "query", "prover"];

/// What a crate depends on, of ours.
#[derive(Default)]
struct Needs {
    /// To be built.
    normal: BTreeSet<String>,
    /// For its tests.
    dev: BTreeSet<String>,
}

fn crates() -> BTreeMap<String, Needs> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(needs).collect()
}

fn needs(package: &Value) -> (String, Needs) {
    let mut needs = Needs::default();
    for dependency in package["dependencies"].as_array().unwrap() {
        let name = dependency["name"].as_str().unwrap();
        if let Some(name) = name.strip_prefix("daybook-") {
            match dependency["kind"].as_str() {
                Some("dev") => needs.dev.insert(name.to_owned()),
                _ => needs.normal.insert(name.to_owned()),
            };
        }
    }
    let name = package["name"].as_str().unwrap();
    (name.strip_prefix("daybook-").unwrap_or(name).to_owned(), needs)
}

/// All that is linked with a crate.
fn linked(crates: &BTreeMap<String, Needs>, name: &str) -> BTreeSet<String> {
    let (mut linked, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
    while let Some(next) = open.pop() {
        if linked.insert(next.clone()) {
            open.extend(crates[&next].normal.iter().cloned());
        }
    }
    linked
}

#[test]
fn every_crate_depends_on_what_the_list_says_and_on_no_more() {
    let mut crates = crates();
    // The command line puts everything together, and is put into nothing.
    crates.remove("daybook");
    let found = crates.into_iter().map(|(name, needs)| (name, needs.normal));
    let owned = |needs: &[&str]| needs.iter().map(|need| (*need).to_owned()).collect();
    let listed = ARROWS.map(|(name, needs)| (name.to_owned(), owned(needs)));
    assert_eq!(found.collect::<BTreeMap<_, BTreeSet<_>>>(), BTreeMap::from(listed));
}

#[test]
fn the_engine_knows_no_domain() {
    let crates = crates();
    for name in ENGINE {
        let linked = linked(&crates, name);
        assert!(DOMAINS.iter().all(|domain| !linked.contains(*domain)), "{name}: {linked:?}");
        // The log's tests fold the bank's accounts: states with snapshots that are worth loading.
        let in_tests = if name == "eventlog" { &["bank"][..] } else { &[] };
        let mut others = DOMAINS.iter().filter(|domain| !in_tests.contains(domain));
        assert!(others.all(|domain| !crates[name].dev.contains(*domain)), "tests of {name}");
    }
}

#[test]
fn what_decides_and_what_is_read_are_linked_apart() {
    let crates = crates();
    for (service, others) in [
        ("command", &["readmodels", "bank-readmodels", "projector", "query"][..]),
        ("query", &["command", "decider", "readmodels", "bank-readmodels", "projector"]),
        ("projector", &["command", "decider", "query"]),
        ("prover", &["command", "decider", "query", "projector", "keys"]),
    ] {
        let linked = linked(&crates, service);
        assert!(others.iter().all(|other| !linked.contains(*other)), "{service}: {linked:?}");
    }
}

#[test]
fn no_crate_is_built_on_a_service_but_the_command_line() {
    for (name, needs) in crates().iter().filter(|(name, _)| *name != "daybook") {
        assert!(SERVICES.iter().all(|service| !needs.normal.contains(*service)), "{name}");
    }
}
