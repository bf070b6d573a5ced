//! `daybook demo` tells the truth.

use crate::runner::{directory, program, told};

#[test]
fn g10_the_demo_accounts_for_every_cent() {
    let directory = directory();
    let output = program()
        .args(["demo", "--commands", "2000", "--seed", "5", "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for part in
        ["The balance is $237.50", "OWN_APPROVAL", "sees version", "no cent was lost", "[erased]"]
    {
        assert!(told.contains(part), "`{part}` is missing in {told}");
    }
}
