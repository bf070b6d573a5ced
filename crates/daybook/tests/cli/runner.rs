//! Runs `daybook`, with a stack of the test's own behind it.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A stack that `daybook dev` runs; stopped when dropped.
pub(crate) struct Dev {
    process: Child,
    command_url: String,
    query_url: String,
}

impl Dev {
    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(data_dir: &Path, flags: &[&str]) -> Self {
        let mut process = program()
            .args(["dev", "--json", "--data-dir"])
            .arg(data_dir)
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        // It prints the logs of the services as well; the addresses are the first JSON object with this field.
        let addresses = loop {
            let mut line = String::new();
            assert!(
                out.read_line(&mut line).unwrap() > 0,
                "`daybook dev` ended before it was ready"
            );
            match serde_json::from_str::<Value>(&line) {
                Ok(value) if value["command_url"].is_string() => break value,
                _ => {}
            }
        };
        // Whatever it prints later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let text = |name: &str| addresses[name].as_str().unwrap().to_owned();
        Self { process, command_url: text("command_url"), query_url: text("query_url") }
    }

    /// A call of `daybook` as `actor` on this stack.
    pub(crate) fn call(&self, actor: &str, arguments: &str) -> Command {
        let mut command = program();
        command
            .env("DAYBOOK_COMMAND_URL", &self.command_url)
            .env("DAYBOOK_QUERY_URL", &self.query_url)
            .env("DAYBOOK_ACTOR", actor)
            .args(arguments.split_whitespace());
        command
    }

    /// Runs a command that must succeed; gives what it prints with `--json`.
    #[track_caller]
    pub(crate) fn done(&self, actor: &str, arguments: &str) -> Value {
        let output = self.call(actor, arguments).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments}: {}", told(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs a command that prints several things, each a JSON object on a line.
    #[track_caller]
    pub(crate) fn list(&self, arguments: &str) -> Vec<Value> {
        let output = self.call("auditor", arguments).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments}: {}", told(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs a command that must be refused; gives the error.
    #[track_caller]
    pub(crate) fn refused(&self, actor: &str, arguments: &str) -> Value {
        let output = self.call(actor, arguments).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {}", told(&output));
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        error["error"].clone()
    }

    /// What stands on an account when the read model reflects `position`.
    #[track_caller]
    pub(crate) fn balance(&self, account: &str, position: &Value) -> String {
        let shown =
            self.done("auditor", &format!("account show {account} --min-position {position}"));
        shown["balance"].as_str().unwrap().to_owned()
    }

    /// Ends it without a warning, as a power failure would.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as Ctrl-C does; gives its exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        send_interrupt(&self.process);
        self.process.wait().unwrap().code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            send_interrupt(&self.process);
            let _ = self.process.wait();
        }
    }
}

/// A directory of the test's own. Servers of a test that root runs run as another user, who must be able to pass through.
pub(crate) fn directory() -> TempDir {
    tempfile::Builder::new()
        .prefix("daybook-cli-")
        .permissions(Permissions::from_mode(0o711))
        .tempdir()
        .unwrap()
}

/// `daybook`, in an environment that says nothing about it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    // What one test's calls remember is none of another's business, and none of this machine's user.
    let state = format!("{}/state-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    command.env("XDG_STATE_HOME", state);
    for (name, _) in std::env::vars() {
        if name.starts_with("DAYBOOK_") && !name.starts_with("DAYBOOK_TEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Presses Ctrl-C.
pub(crate) fn send_interrupt(process: &Child) {
    let sent = Command::new("kill").arg("-INT").arg(process.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Runs a command with something on its standard input.
pub(crate) fn with_input(mut command: Command, input: &str) -> Output {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

/// All that a process printed, for a failed assertion.
pub(crate) fn told(output: &Output) -> String {
    let mut text = String::new();
    for stream in [&output.stdout, &output.stderr] {
        let _ = stream.as_slice().read_to_string(&mut text);
    }
    text
}
