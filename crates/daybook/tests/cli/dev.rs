//! `daybook dev` starts, stops and goes on where it was.

use crate::runner::{Dev, directory};

#[test]
fn g1_dev_goes_on_where_it_was_however_it_ended_and_begins_anew_when_told_to() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    dev.done("registry", "account open a --owner A --currency USD");
    assert_eq!(dev.interrupt(), Some(0));

    let dev = Dev::start(directory.path(), &[]);
    let first = dev.done("teller", "deposit a 1.00 --currency USD --command-id d-1");
    dev.kill();

    let dev = Dev::start(directory.path(), &[]);
    let again = dev.done("teller", "deposit a 1.00 --currency USD --command-id d-1");
    assert_eq!((&again["position"], &again["replayed"]), (&first["position"], &true.into()));
    assert_eq!(dev.balance("a", &first["position"]), "1.00");
    drop(dev);

    let dev = Dev::start(directory.path(), &["--fresh"]);
    assert_eq!(dev.refused("auditor", "account show a")["code"], "NOT_FOUND");
}
