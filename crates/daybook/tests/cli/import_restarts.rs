//! Imports whose servers go away in the middle.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use daybook_stack::Service;
use daybook_testkit::TestStack;
use serde_json::Value;
use sqlx::PgPool;

use crate::runner::{directory, program};

const ACCOUNTS: i64 = 60;
const ROUNDS: i64 = 80;
const LINES: i64 = ACCOUNTS + 2 * ACCOUNTS * ROUNDS;

/// Opens accounts, then puts money on each and takes the same away, over and over: in any other order than that of the
/// file a withdrawal is refused. On every third account two actors take turns.
fn file(directory: &Path) -> PathBuf {
    let mut csv = String::from("command,account_id,amount,currency,owner,actor\n");
    for account in 0..ACCOUNTS {
        writeln!(csv, "open_account,acc-{account},,USD,Lee,").unwrap();
    }
    for round in 1..=ROUNDS {
        for account in 0..ACCOUNTS {
            let other = if account % 3 == 0 { "ben" } else { "" };
            writeln!(csv, "deposit,acc-{account},{round},USD,,").unwrap();
            writeln!(csv, "withdraw,acc-{account},{round},USD,,{other}").unwrap();
        }
    }
    let path = directory.join("day.csv");
    std::fs::write(&path, csv).unwrap();
    path
}

fn import(stack: &TestStack, file: &Path, flags: &[&str]) -> Child {
    let mut command = program();
    command
        .env("DAYBOOK_COMMAND_URL", &stack.command_url)
        .args(["import", "--json", "--actor", "ann"])
        .args(flags)
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for an import; gives its exit code and what it said last.
fn end(import: Child) -> (Option<i32>, Value) {
    let output = import.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), serde_json::from_str(text.lines().last().unwrap()).unwrap())
}

async fn position(log: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT position FROM log.head").fetch_one(log).await.unwrap()
}

/// Waits until so many events are in the log.
async fn reached(log: &PgPool, wanted: i64) {
    let started = Instant::now();
    while position(log).await < wanted {
        assert!(started.elapsed() < Duration::from_secs(60), "the import stands still");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn g5_an_import_outlives_its_service_and_every_line_has_its_effect_once_in_order() {
    let directory = directory();
    let file = file(directory.path());
    let mut stack = TestStack::start().await;
    let log = PgPool::connect(&stack.admin_url()).await.unwrap();

    let import = import(&stack, &file, &[]);
    for kill in 1..=3 {
        reached(&log, kill * LINES / 5).await;
        stack.command.kill().await.unwrap();
        stack.start_again(Service::Command).await.unwrap();
    }
    reached(&log, 4 * LINES / 5).await;
    stack.command.terminate(Duration::from_secs(20)).await.unwrap();
    stack.start_again(Service::Command).await.unwrap();

    all_had_their_effect(import, &log).await;
}

/// The service waits for PostgreSQL so briefly that it gives commands back.
#[tokio::test]
async fn g5_an_import_outlives_postgresql_and_sends_again_what_was_given_back() {
    let directory = directory();
    let file = file(directory.path());
    let mut stack = TestStack::start_with(&[(Service::Command, &["--wait-max-ms", "400"])]).await;
    let log = PgPool::connect(&stack.admin_url()).await.unwrap();

    let import = import(&stack, &file, &[]);
    for kill in 1..=2 {
        reached(&log, kill * LINES / 4).await;
        stack.postgres.kill_immediately().await.unwrap();
        stack.postgres.restart().await.unwrap();
    }
    all_had_their_effect(import, &log).await;
}

async fn all_had_their_effect(import: Child, log: &PgPool) {
    let (exit, last) = tokio::task::spawn_blocking(|| end(import)).await.unwrap();
    assert_eq!(exit, Some(0), "{last}");
    let summary = &last["summary"];
    let settled = summary["accepted"].as_i64().unwrap() + summary["replayed"].as_i64().unwrap();
    assert_eq!((settled, &summary["lines"]), (LINES, &LINES.into()), "{last}");
    assert_eq!(position(log).await, LINES);
}

#[tokio::test]
async fn an_import_whose_service_stays_away_says_so_in_time_and_goes_on_when_run_again() {
    let directory = directory();
    let file = file(directory.path());
    let mut stack = TestStack::start().await;
    let log = PgPool::connect(&stack.admin_url()).await.unwrap();

    let first = import(&stack, &file, &["--timeout", "6"]);
    reached(&log, LINES / 3).await;
    stack.command.kill().await.unwrap();
    let killed = Instant::now();
    let (exit, last) = tokio::task::spawn_blocking(|| end(first)).await.unwrap();
    assert_eq!((exit, &last["end"]), (Some(3), &"unanswered".into()), "{last}");
    assert!(killed.elapsed() < Duration::from_secs(30), "{:?}", killed.elapsed());
    let problem = last["problem"].as_str().unwrap();
    assert!(problem.contains("got no answer") && problem.contains(&stack.command_url), "{problem}");

    stack.start_again(Service::Command).await.unwrap();
    let second = import(&stack, &file, &[]);
    let (exit, last) = tokio::task::spawn_blocking(|| end(second)).await.unwrap();
    assert_eq!(exit, Some(0), "{last}");
    assert_eq!(position(&log).await, LINES);
}
