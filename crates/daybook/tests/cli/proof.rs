//! Evidence, as an auditor gets it: made on a running system, checked without one, by two implementations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::runner::{Dev, directory, program, told};

/// Something that is done to an evidence file.
type Change = fn(&mut Value);

/// A system with a bank's day in it, the public key of its log, and a place for files.
struct Bank {
    dev: Dev,
    key: String,
    _data: TempDir,
    files: TempDir,
}

impl Bank {
    fn start() -> Self {
        let data = directory();
        let dev = Dev::start(data.path(), &[]);
        dev.done("registry", "account open alice --owner Alice --currency USD");
        dev.done("registry", "account open bob --owner Bob --currency USD");
        dev.done("teller", "deposit alice 500.00 --currency USD --reason salary");
        dev.done("ann", "transfer initiate alice bob 200 --currency USD --id t-1");
        dev.done("ben", "transfer approve t-1 --reason checked");
        dev.done("ben", "transfer execute t-1");
        let key_file = data.path().join("prover.key");
        let shown = dev.done("auditor", &format!("proof key show {}", key_file.display()));
        let key = shown["key"].as_str().unwrap().to_owned();
        Self { dev, key, _data: data, files: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn evidence(&self, about: &str, name: &str) -> PathBuf {
        let file = self.file(name);
        self.dev
            .done("auditor", &format!("evidence {about} -o {} --key {}", file.display(), self.key));
        file
    }
}

/// `daybook evidence check`, with no service to ask.
fn check(file: &Path, key: &str) -> Output {
    let unreachable = ["--command-url", "http://127.0.0.1:1", "--query-url", "http://127.0.0.1:1"];
    let mut command = program();
    command.args(unreachable).args(["evidence", "check"]).arg(file).args(["--key", key]);
    command.output().unwrap()
}

/// The second implementation.
fn check_in_python(file: &Path, key: &str) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../daybook-proof/check_evidence.py");
    Command::new("python3").args(["-B", script]).arg(file).args(["--key", key]).output().unwrap()
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn evidence_convinces_two_implementations_and_stops_to_where_a_letter_is_changed() {
    let bank = Bank::start();
    let account = bank.evidence("--account alice", "alice.json");
    let transfer = bank.evidence("--transfer t-1", "t-1.json");
    let range = bank.evidence("--range 1..5", "range.json");
    let other_key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    for file in [&account, &transfer, &range] {
        for checked in [check(file, &bank.key), check_in_python(file, &bank.key)] {
            assert_eq!(checked.status.code(), Some(0), "{}", told(&checked));
        }
        for refused in [check(file, other_key), check_in_python(file, other_key)] {
            assert_eq!(refused.status.code(), Some(1), "{}", told(&refused));
        }
    }
    let report = told(&check(&account, &bank.key));
    assert!(report.contains("money-deposited  by teller  because: [sealed]"), "{report}");

    // The transfer has its own events and those on both accounts: 7 of 3 commands.
    let streams = |file: &Path| -> Vec<String> {
        let events = read(file)["events"].as_array().unwrap().clone();
        events.iter().map(|event| event["stream_id"].as_str().unwrap().to_owned()).collect()
    };
    let of_transfer = streams(&transfer);
    assert_eq!(of_transfer.len(), 7, "{of_transfer:?}");
    assert_eq!(of_transfer.iter().filter(|stream| *stream == "account-bob").count(), 1);
    assert!(streams(&account).iter().all(|stream| stream == "account-alice"));

    for (name, pointer, new) in [
        ("data", "/events/1/data", "{}".into()),
        ("metadata", "/events/1/metadata", r#"{"actor":"mallory"}"#.into()),
        ("time", "/events/1/recorded_at_micros", 1.into()),
        ("position", "/events/1/position", 4.into()),
        ("partition", "/events/1/partition", 3000.into()),
        ("proof", "/events/1/proof/0", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into()),
        ("checkpoint", "/checkpoint", "daybook.local/private-stack\n1\nAA==\n\n".into()),
    ] {
        let mut evidence = read(&account);
        *evidence.pointer_mut(pointer).unwrap() = new;
        let changed = bank.file("changed.json");
        fs::write(&changed, evidence.to_string()).unwrap();
        for refused in [check(&changed, &bank.key), check_in_python(&changed, &bank.key)] {
            assert_eq!(refused.status.code(), Some(1), "{name}: {}", told(&refused));
        }
    }
    // What only the whole file can show: an event left out, a report that says something else.
    let changes: [(&str, Change); 3] = [
        ("left out", |e| drop(e["events"].as_array_mut().unwrap().remove(1))),
        ("report", |e| e["report"][4] = "all is well".into()),
        ("subject", |e| e["subject"] = serde_json::json!({"account": "bob"})),
    ];
    for (name, change) in changes {
        let mut evidence = read(&account);
        change(&mut evidence);
        let changed = bank.file("changed.json");
        fs::write(&changed, evidence.to_string()).unwrap();
        for refused in [check(&changed, &bank.key), check_in_python(&changed, &bank.key)] {
            assert_eq!(refused.status.code(), Some(1), "{name}: {}", told(&refused));
        }
    }
}

#[test]
fn a_checkpoint_that_was_kept_is_checked_against_todays_log() {
    let bank = Bank::start();
    let kept = bank.file("kept");
    let checkpoint = bank
        .dev
        .done("auditor", &format!("proof checkpoint --min-position 9 -o {}", kept.display()));
    assert_eq!(checkpoint["origin"], "daybook.local/private-stack");
    assert_eq!(fs::read_to_string(&kept).unwrap(), checkpoint["note"].as_str().unwrap());
    let receipt = bank.dev.done("teller", "deposit alice 1.00 --currency USD");
    bank.dev.done("auditor", &format!("proof checkpoint --min-position {}", receipt["position"]));
    let check = format!("proof check {} --key {}", kept.display(), bank.key);
    let checked = bank.dev.done("auditor", &check);
    assert_eq!(checked["first_size"], checkpoint["size"]);
    assert_eq!(checked["second_size"], receipt["position"]);

    let note = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, note.replacen('\n', "\n1", 1)).unwrap();
    let forged = bank.dev.refused("auditor", &check);
    assert!(forged.to_string().contains("does not verify"), "{forged}");
}

#[test]
fn keys_are_made_shown_and_rotated_and_never_printed() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("key");
    let key = |verb: &str| {
        let mut command = program();
        command.args(["proof", "key", verb]).arg(&path);
        if verb == "generate" {
            command.args(["--name", "ledger.example.com"]);
        }
        command.output().unwrap()
    };
    let made = key("generate");
    assert_eq!(made.status.code(), Some(0), "{}", told(&made));
    assert_eq!(key("generate").status.code(), Some(1), "it is not overwritten");
    assert_eq!(key("show").stdout, made.stdout);
    let rotated = key("rotate");
    let lines: Vec<_> = std::str::from_utf8(&rotated.stdout).unwrap().lines().collect();
    assert!(lines.len() == 3 && lines[1].starts_with("# replaced, signs until 2"), "{lines:?}");
    assert_eq!(format!("{}\n", lines[2]).as_bytes(), made.stdout);
    for output in [made, rotated, key("show")] {
        assert!(!told(&output).contains("PRIVATE"), "{}", told(&output));
    }
}
