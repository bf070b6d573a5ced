//! The load generator: that it counts what happened, not how fast it was.

use std::fs;

use serde_json::Value;

use crate::runner::{Dev, directory, program, told};

/// Runs `bench` on a stack; gives its one round.
fn round(dev: &Dev, flags: &str) -> Value {
    let fixed = "bench --accounts 20 --warm-up 0 --duration 1 --rounds 1 --json";
    let output = dev.call("operator", &format!("{fixed} {flags}")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{flags}: {}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let round = lines.map(|line| line["round"].clone()).find(|round| !round.is_null()).unwrap();
    assert_eq!(round["failed"], serde_json::json!({}), "{flags}");
    assert_eq!(round["refused"], serde_json::json!({}), "{flags}");
    round
}

#[test]
fn every_operation_that_is_counted_is_in_the_log() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    let head =
        || dev.list("projections").iter().map(|row| row["head"].as_i64().unwrap()).max().unwrap();
    // Flags, and how many events an operation has at least.
    let runs = [
        ("--callers 8", 1),
        ("--mode streaming --connections 2 --window 4", 1),
        ("--workload transfers --callers 4 --choice hot", 5),
        ("--workload transfers --mode streaming --connections 1 --window 4", 5),
    ];
    for (flags, events_each) in runs {
        let before = head();
        let round = round(&dev, flags);
        #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
        let operations = round["rate"].as_f64().unwrap() as i64;
        assert!(operations > 0, "{flags}");
        let appended = head() - before;
        assert!(appended >= operations * events_each, "{flags}: {appended} for {operations}");
        let behind = |row: &Value| row["lag_events"] != 0;
        assert!(
            !dev.list("projections").iter().any(behind),
            "{flags}: a round ends when all is read"
        );
        assert!(round["position"].as_i64().unwrap() <= head(), "{flags}");
    }
}

#[test]
fn an_open_loop_begins_as_many_operations_as_it_was_told_to() {
    let directory = directory();
    let dev = Dev::start(&directory.path().join("dev"), &[]);
    let plot = directory.path().join("latency.svg");
    let round = round(&dev, &format!("--rate 40 --plot {}", plot.display()));
    let rate = round["rate"].as_f64().unwrap();
    assert!((35.0..=40.0).contains(&rate), "{rate}");
    assert!(fs::read_to_string(plot).unwrap().contains("<polyline"));
}

#[test]
fn flags_that_do_not_go_together_are_refused() {
    for flags in ["--window 3", "--no-projector", "--reference", "--callers 0", "--choice zipf=x"] {
        let output = program().arg("bench").args(flags.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{flags}: {}", told(&output));
    }
}
