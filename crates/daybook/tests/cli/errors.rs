//! What goes wrong, and how the program says so. No services are needed.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::runner::program;

fn code(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_wrong_command_line_exits_with_2_and_tries_nothing() {
    for arguments in [
        &["deposit", "a"][..],
        &["fly"],
        &["account", "open", "a", "--owner", "A", "--currency", "ZZZ"],
        &["account", "open", "a", "--owner", "A", "--currency", "USD", "--overdraft", "1.234"],
        &["deposit", "a", "1.234", "--currency", "USD"],
        &["deposit", "a", "-1e5", "--currency", "USD"],
        &["deposit", "a", "1", "--currency", "USD", "--expected-version", "0"],
        &["deposit", "a", "1", "--currency", "USD", "--actor", "a\nb"],
        &["statement", "a", "--from", "the day before"],
        &["history", "account-a", "--type", "money-depositd"],
        &["audit", "--type", "money-depositd"],
        &["export", "events", "-o", "x.xlsx", "--log-database-url", "postgres://a@127.0.0.1:1/d"],
        &["projections", "--command-url", "not a url"],
        &["projection", "skip", "accounts", "--partition", "1", "--position", "1"],
        &["import", "commands.txt"],
    ] {
        assert_eq!(code(arguments).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_service_that_cannot_be_reached_exits_with_3_and_says_how_to_go_on() {
    let nowhere = ["--command-url", "http://127.0.0.1:1", "--timeout", "1"];
    let deposit = ["deposit", "a", "1", "--currency", "USD", "--command-id", "c-1"];
    let (exit, _, stderr) = code(&[&deposit[..], &nowhere].concat());
    assert_eq!(exit, Some(3));
    assert!(stderr.contains("--command-id c-1"), "{stderr}");
    let reason = "cannot reach the command service at http://127.0.0.1:1: connection refused; is it running?";
    assert!(stderr.starts_with(reason), "{stderr}");

    let (exit, stdout, stderr) = code(&[&deposit[..], &nowhere, &["--json"]].concat());
    assert_eq!((exit, stdout.as_str()), (Some(3), ""));
    let error: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(error["error"]["outcome"], "not_applied");
    assert_eq!(error["error"]["command_id"], "c-1");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("connection refused"), "{message}");
}

#[test]
fn a_url_that_is_not_spoken_is_refused_at_once() {
    for (url, problem) in [
        ("https://127.0.0.1:1", "TLS"),
        ("postgres://127.0.0.1:1/daybook", "postgres://"),
        ("localhost:7401", "no scheme"),
    ] {
        for flag in ["--command-url", "--query-url"] {
            let (exit, _, stderr) = code(&["deposit", "a", "1", "--currency", "USD", flag, url]);
            assert_eq!(exit, Some(2), "{stderr}");
            for part in [flag, problem, "write it as http://HOST:PORT"] {
                assert!(stderr.contains(part), "{part}: {stderr}");
            }
        }
    }
}

#[test]
fn with_json_a_wrong_command_line_is_an_object_too() {
    for arguments in
        [&["--json", "deposit", "a"][..], &["fly", "--json"], &["--json", "--nonsense"]]
    {
        let (exit, stdout, stderr) = code(arguments);
        assert_eq!((exit, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        let error: Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!(error["error"]["kind"], "usage", "{stderr}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
    }
    // Help is no error.
    let (exit, stdout, _) = code(&["--json", "--help"]);
    assert_eq!(exit, Some(0));
    assert!(stdout.contains("Usage:"), "{stdout}");
}

#[test]
fn an_import_that_reaches_no_service_stops_and_exits_with_3() {
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    let line = r#"{"command":"deposit","account_id":"a","amount":"1","currency":"USD"}"#;
    std::fs::write(file.path(), format!("{line}\n{line}\n")).unwrap();
    let path = file.path().to_str().unwrap();
    let (exit, stdout, _) =
        code(&["import", path, "--command-url", "http://127.0.0.1:1", "--timeout", "1"]);
    assert_eq!(exit, Some(3));
    assert!(stdout.contains("line 1 got no answer"), "{stdout}");
}

#[test]
fn a_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let (exit, text, _) = code(&["completions", shell]);
        assert!(exit == Some(0) && text.contains("restore-events"), "{shell}: {text}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let mut process = program()
        .args(["import", "--help"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdout.take());
    let mut stderr = String::new();
    process.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    process.wait().unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn the_help_of_import_documents_every_field() {
    let (exit, help, _) = code(&["import", "--help"]);
    assert_eq!(exit, Some(0));
    for field in [
        "command",
        "account_id",
        "owner",
        "currency",
        "overdraft_limit",
        "amount",
        "customer",
        "transfer_id",
        "source_account_id",
        "destination_account_id",
        "actor",
        "reason",
        "command_id",
        "correlation_id",
        "causation_id",
        "expected_version",
    ] {
        assert!(help.contains(field), "{field}");
    }
}
