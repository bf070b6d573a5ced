//! Files of commands.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::runner::{Dev, directory, send_interrupt, told, with_input};

#[test]
fn g5_a_file_sent_twice_has_its_effect_once_and_refusals_are_reported_by_line() {
    let directory = directory();
    let dev = Dev::start(&directory.path().join("dev"), &[]);
    let file = directory.path().join("day.jsonl");
    let lines = [
        r#"{"command":"open_account","account_id":"a","owner":"A","currency":"USD"}"#,
        r#"{"command":"deposit","account_id":"a","amount":"10.00","currency":"USD"}"#,
        r#"{"command":"withdraw","account_id":"a","amount":"99.00","currency":"USD","reason":"too much"}"#,
        r#"{"command":"deposit","account_id":"a","amount":"1.005","currency":"USD"}"#,
        r#"{"command":"deposit","account_id":"a","amount":"0.50","currency":"USD","actor":"ann"}"#,
    ];
    fs::write(&file, lines.join("\n")).unwrap();
    let report = directory.path().join("refused.jsonl");
    let import = |arguments: &str| {
        let mut call = dev.call("importer", arguments);
        call.arg(&file).arg("--report").arg(&report).arg("--json");
        let output = call.output().unwrap();
        let last = String::from_utf8(output.stdout.clone()).unwrap();
        let last: Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
        (output.status.code(), last["summary"].clone())
    };

    let (exit, first) = import("import");
    assert_eq!(exit, Some(1));
    let counts = |s: &Value| {
        ["accepted", "replayed", "refused", "unreadable"].map(|n| s[n].as_i64().unwrap())
    };
    assert_eq!(counts(&first), [3, 0, 1, 1]);
    let refused: Vec<Value> = fs::read_to_string(&report)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = |number: i64| refused.iter().find(|r| r["line"] == number).unwrap();
    assert_eq!(line(3)["reason"], "INSUFFICIENT_FUNDS");
    assert_eq!(line(4)["field"], "amount");

    let (_, second) = import("import");
    assert_eq!(counts(&second), [0, 3, 1, 1]);
    assert_eq!(dev.balance("a", &first["position"]), "10.50");
    // Without its bad lines the file has its effect once all the same.
    fs::write(&file, [lines[0], lines[1], lines[4]].join("\n")).unwrap();
    let (exit, mended) = import("import");
    assert_eq!((exit, counts(&mended)), (Some(0), [0, 3, 0, 0]));
    // Another batch with the same lines is another wish, and is not believed without being asked twice.
    let mut call = dev.call("importer", "import --batch tuesday --json");
    let refused = call.arg(&file).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("use that --batch"), "{}", told(&refused));
    assert_eq!(dev.balance("a", &first["position"]), "10.50");
    let (_, third) = import("import --batch tuesday --again");
    assert_eq!(counts(&third), [2, 0, 1, 0]);
    // Once it was said, that batch is the file's own.
    let (_, fourth) = import("import --batch tuesday");
    assert_eq!(counts(&fourth), [0, 2, 1, 0]);
}

#[test]
fn every_record_of_a_file_is_a_command_or_an_error() {
    let directory = directory();
    let dev = Dev::start(&directory.path().join("dev"), &[]);
    dev.done("ann", "account open repro --owner R --currency USD");
    let import = |name: &str, text: &str, flags: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        let mut call = dev.call("importer", &format!("import --again {flags}"));
        let output = call.arg(&path).output().unwrap();
        format!("exit {}: {}", output.status.code().unwrap(), told(&output))
    };
    let header = "command,account_id,amount,currency,reason";
    let deposits = "deposit,repro,1.00,USD,15\" screen\ndeposit,repro,2.00,USD,19\" screen\n";
    for (number, (name, text, flags, found)) in [
        // One record for each quote that is text, and for each line end of its own kind.
        ("a.csv", format!("{header}\n{deposits}"), "", "exit 0: 2 lines: 2 accepted"),
        (
            "b.csv",
            format!("{header}\rdeposit,repro,5.00,USD,\r"),
            "",
            "exit 0: 1 lines: 1 accepted",
        ),
        (
            "c.csv",
            format!("{header}\n{deposits}"),
            "--dry-run",
            "exit 0: 2 lines: 2 deposit, 0 unreadable; nothing",
        ),
        (
            "d.csv",
            format!("{header}\ndeposit,repro,9,USD,\"15 screen\n{deposits}"),
            "",
            "exit 1: 0 lines",
        ),
        (
            "e.csv",
            format!("{header}\ndeposit,repro,9,USD,\"15 screen\n"),
            "",
            "does not close a quote",
        ),
        ("f.csv", String::new(), "", "There is no command to import."),
        ("g.csv", format!("{header}\n\n"), "", "There is no command to import."),
        ("h.csv", header.replace(',', ";"), "", "write the file with commas"),
        ("i.csv", "name,sum\nx,1\n".to_owned(), "", "unknown column `name`"),
        (
            "j.csv",
            format!("{header}\n{deposits}"),
            "--from-line 9",
            "There is no command to import.",
        ),
        ("k.jsonl", "\n".to_owned(), "", "There is no command to import."),
        ("l.jsonl", "{\"command\":\"deposit\"} {}\n".to_owned(), "", "trailing characters"),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = import(name, &text, &format!("{flags} --batch {number}"));
        assert!(outcome.contains(found), "{name}: {outcome}");
        assert_eq!(outcome.starts_with("exit 0"), found.starts_with("exit 0"), "{name}: {outcome}");
    }
    let head = &dev.done("ann", "deposit repro 0.50")["position"];
    assert_eq!(dev.balance("repro", head), "8.50");
}

#[test]
fn csv_of_many_actors_from_standard_input_is_imported_in_order_per_account() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    let mut csv = String::from("command,account_id,amount,currency,owner,actor\n");
    for account in 0..20 {
        writeln!(csv, "open_account,acc-{account},,USD,\"Lee, {account}\",").unwrap();
    }
    // Each withdrawal needs the deposit right before it: any other order is refused. There are more actors than calls.
    for round in 1..=25 {
        for account in 0..20 {
            let [first, second] = [round, 2 * round].map(|n| (account + n) % 40);
            writeln!(csv, "deposit,acc-{account},{round},USD,,actor-{first}").unwrap();
            writeln!(csv, "withdraw,acc-{account},{round},USD,,actor-{second}").unwrap();
        }
    }
    let output = with_input(dev.call("importer", "import - --format csv"), &csv);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("1020 lines: 1020 accepted, 0 had their effect before, 0 refused"),
        "{told}"
    );
}

#[test]
fn an_interrupted_import_goes_on_where_it_was() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    let open = r#"{"command":"open_account","account_id":"a","owner":"A","currency":"USD"}"#;
    let deposit = r#"{"command":"deposit","account_id":"a","amount":"1.00","currency":"USD"}"#;
    let half = format!("{open}\n{}", format!("{deposit}\n").repeat(50));

    let mut process = dev
        .call("importer", "import - --format jsonl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(half.as_bytes()).unwrap();
    input.flush().unwrap();
    // The pipe stays open: the import waits for more when it is told to stop.
    let arrived = (0..300).any(|_| {
        // While there is no such stream yet this is refused, and prints no line.
        let mut history = dev.call("auditor", "history account-a --json");
        history.output().unwrap().stdout.split(|byte| *byte == b'\n').count() == 51 + 1
    });
    assert!(arrived, "the first half did not arrive");
    send_interrupt(&process);
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("Every line up to line 51 is settled"), "{}", told(&output));
    drop(input);

    let whole = format!("{half}{}", format!("{deposit}\n").repeat(50));
    let output = with_input(dev.call("importer", "import - --format jsonl"), &whole);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("50 accepted, 51 had their effect before"), "{told}");
}
