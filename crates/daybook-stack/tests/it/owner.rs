//! Owners that are killed: nothing of theirs stays, or what stays blocks nobody.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use daybook_stack::{Postgres, PostgresSettings};

use crate::{open_dir, wait_until};

/// The example `owner`, which cargo builds along with this test.
fn owner(dir: &Path) -> Command {
    let own = std::env::current_exe().unwrap();
    let program: PathBuf = own.parent().unwrap().parent().unwrap().join("examples/owner");
    assert!(program.is_file(), "build `{}`: cargo test --no-run", program.display());
    let mut command = Command::new(program);
    command.arg(dir).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Starts it, waits for its children and kills it with SIGKILL.
fn start_and_kill(mut command: Command, dir: &Path) -> Vec<u32> {
    let mut owner: Child = command.spawn().unwrap();
    let pids = dir.join("pids");
    wait_until("the owner's children run", || {
        assert_eq!(owner.try_wait().unwrap(), None, "the owner ended");
        pids.exists()
    });
    let children: Vec<u32> =
        std::fs::read_to_string(pids).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(children.len(), 3);
    owner.kill().unwrap();
    owner.wait().unwrap();
    children
}

/// A zombie that nobody reaps in some containers is dead as well.
fn alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

#[test]
fn an_owner_that_is_killed_leaves_no_child() {
    let dir = open_dir();
    for child in start_and_kill(owner(dir.path()), dir.path()) {
        wait_until("the child of a killed owner has ended", || !alive(child));
    }
}

/// Without `setpriv` (here: hidden by an empty PATH) a killed owner leaves its server running.
#[tokio::test]
async fn a_server_left_by_a_killed_owner_does_not_block_the_next_start() {
    let dir = open_dir();
    let redis = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|dir| dir.join("redis-server"))
        .find(|program| program.is_file())
        .unwrap();
    let mut command = owner(dir.path());
    command.env("PATH", "/nowhere").env("DAYBOOK_REDIS_SERVER", redis);
    let children = start_and_kill(command, dir.path());
    assert!(children.iter().all(|child| alive(*child)), "nothing told them to end");
    let data = dir.path().join("postgres");
    let next = Postgres::start(&data, PostgresSettings::default()).await.unwrap();
    assert_ne!(next.pid(), Some(children[0]));
    assert!(!alive(children[0]));
    for child in &children[1..] {
        let pid = rustix::process::Pid::from_raw((*child).try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
}
