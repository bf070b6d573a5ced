//! A service as a child: its lines, its end, and the missing one.
//!
//! On two threads, because the tests block while they wait for a line.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use daybook_stack::{Process, ProcessSpec, service_binary};

const SOON: Duration = Duration::from_secs(20);

async fn shell(script: &str) -> (Process, Receiver<String>) {
    let (lines, received) = channel();
    let spec = ProcessSpec::new("/bin/sh").arg("-c").arg(script).env("GREETING", "hello");
    let process = Process::start(&spec, move |line| lines.send(line.to_owned()).unwrap_or(()));
    (process.await.unwrap(), received)
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_both_outputs_are_forwarded_and_the_environment_is_given() {
    let (mut process, lines) = shell("echo $GREETING; echo world >&2; printf unfinished").await;
    assert!(process.wait().await.unwrap().success());
    let mut lines: Vec<String> = lines.iter().collect();
    lines.sort();
    assert_eq!(lines, ["hello", "unfinished", "world"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn terminate_lets_it_finish_and_gives_its_exit_code() {
    let (mut process, lines) =
        shell("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done").await;
    assert_eq!(lines.recv_timeout(SOON).unwrap(), "up");
    let status = process.terminate(SOON).await.unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(lines.recv_timeout(SOON).unwrap(), "bye");
    assert_eq!(process.pid(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn terminate_kills_what_does_not_listen_after_the_grace() {
    let (mut process, lines) = shell("trap '' TERM; echo up; while :; do sleep 0.01; done").await;
    assert_eq!(lines.recv_timeout(SOON).unwrap(), "up");
    let status = process.terminate(Duration::from_millis(50)).await.unwrap();
    assert_eq!(status.code(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_process_says_nothing_until_it_is_resumed_and_can_be_killed() {
    let (mut process, lines) = shell("while :; do echo tick; sleep 0.01; done").await;
    lines.recv_timeout(SOON).unwrap();
    process.pause().unwrap();
    // What was under way when the signal came is let through first.
    while lines.recv_timeout(Duration::from_millis(300)).is_ok() {}
    process.resume().unwrap();
    lines.recv_timeout(SOON).unwrap();
    process.pause().unwrap();
    assert_eq!(process.kill().await.unwrap().code(), None);
}

#[test]
fn a_service_that_was_not_built_names_the_command_that_builds_it() {
    let refused = service_binary("daybook-nonsense").unwrap_err();
    assert!(refused.to_string().contains("cargo build --workspace --bins"), "{refused}");
}
