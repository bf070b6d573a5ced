//! Everything here once more, on the newest major version of PostgreSQL that there is.

use std::process::Command;

use daybook_testkit::newer_postgres_bin_dir;

#[test]
fn all_of_it_holds_on_a_newer_postgres() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "newer_postgres", "--test-threads", "2"])
        .env("DAYBOOK_PG_BIN", newer_postgres_bin_dir())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("test roles::"), "nothing was run: {text}");
}
