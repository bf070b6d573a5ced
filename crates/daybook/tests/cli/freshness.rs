//! What the program writes it reads, and it says as of when an answer is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use daybook_stack::Service;
use daybook_testkit::TestStack;
use serde_json::Value;

use crate::runner::{directory, program, told};

fn call(stack: &TestStack, state: &Path, arguments: &str) -> Command {
    let mut command = program();
    command
        .env("XDG_STATE_HOME", state)
        .env("DAYBOOK_COMMAND_URL", &stack.command_url)
        .env("DAYBOOK_QUERY_URL", &stack.query_url)
        .env("DAYBOOK_ACTOR", "ann")
        .args(arguments.split_whitespace());
    command
}

#[tokio::test]
async fn g9_what_was_written_is_read_by_the_next_call_and_before_the_next_write() {
    let directory = directory();
    let state = directory.path();
    let mut stack = TestStack::start().await;
    let output =
        |stack: &TestStack, arguments: &str| call(stack, state, arguments).output().unwrap();

    // The read models stand still: a write that asks for the account's currency waits for them.
    stack.projector.terminate(std::time::Duration::from_secs(20)).await.unwrap();
    let opened = output(&stack, "account open x --owner X --currency USD");
    assert!(opened.status.success(), "{}", told(&opened));
    let deposit = call(&stack, state, "deposit x 1 --json").stdout(Stdio::piped()).spawn().unwrap();
    let early = output(&stack, "account show x --timeout 8");
    assert_eq!(early.status.code(), Some(1), "{}", told(&early));
    assert!(told(&early).contains("With --min-position 0"), "{}", told(&early));
    stack.start_again(Service::Projector).await.unwrap();
    let deposit =
        tokio::task::spawn_blocking(|| deposit.wait_with_output().unwrap()).await.unwrap();
    assert!(deposit.status.success(), "{}", told(&deposit));
    let receipt: Value = serde_json::from_slice(&deposit.stdout).unwrap();

    let shown = told(&output(&stack, "account show x"));
    assert!(shown.contains("1.00 USD"), "{shown}");
    let position = receipt["position"].as_i64().unwrap();
    assert!(shown.contains(&format!("as of position {position}, 20")), "{shown}");
    let history = told(&output(&stack, "history account-x"));
    assert!(history.contains(&format!("as of position {position}, 20")), "{history}");

    // The log lost its end: the position is dropped, aloud, once.
    let saved = state.join("daybook/positions.json");
    assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
    let mut beyond: Value = serde_json::from_slice(&fs::read(&saved).unwrap()).unwrap();
    beyond["saved"][0]["position"] = (position + 10).into();
    fs::write(&saved, beyond.to_string()).unwrap();
    for is_told in [true, false] {
        let shown = output(&stack, "account show x");
        assert!(shown.status.success(), "{}", told(&shown));
        assert_eq!(told(&shown).contains("The position is dropped"), is_told, "{}", told(&shown));
    }
}
