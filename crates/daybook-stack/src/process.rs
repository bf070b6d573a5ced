//! A Daybook service as a child process: its lines forwarded, stopped gently or killed.
//!
//! Used by `daybook dev` to supervise the services and by tests to do to them what production does:
//! terminate, kill, freeze. Restarting one that ended is left to the caller.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::task::JoinHandle;

use crate::child::Child;
use crate::spawn::{DeathSignal, command};

/// A longer line is forwarded in pieces: memory is bounded whatever a child prints.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// What to run.
#[derive(Clone, Debug)]
pub struct ProcessSpec {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl ProcessSpec {
    /// `program` without arguments and with the environment of its owner.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), env: Vec::new() }
    }

    /// One more argument. Arguments can be read by every user of the machine: secrets go into
    /// [`env`](Self::env).
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }
}

/// A running child process. Dropping it kills it (SIGKILL).
#[derive(Debug)]
pub struct Process {
    child: Child,
    forwarders: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts it. Every line that it writes to standard output or standard error is given to `sink`,
    /// without its line end.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub async fn start(
        spec: &ProcessSpec,
        sink: impl Fn(&str) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let mut command = command(&spec.program, None, DeathSignal::Kill);
        command.args(&spec.args).envs(spec.env.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Child::start(command).await?;
        let stdout = child.pipes().stdout.take().context("the child has no standard output")?;
        let stderr = child.pipes().stderr.take().context("the child has no standard error")?;
        let sink = Arc::new(sink);
        let forwarders = vec![
            tokio::spawn(forward_lines(stdout, Arc::clone(&sink))),
            tokio::spawn(forward_lines(stderr, sink)),
        ];
        Ok(Self { child, forwarders })
    }

    /// The process id; none once it has ended and was waited for.
    pub fn pid(&self) -> Option<u32> {
        self.child.pid()
    }

    /// Waits until it ends by itself and its last line was forwarded. May be dropped and called again.
    ///
    /// # Errors
    ///
    /// When the operating system refuses to say.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.finish_forwarding().await;
        Ok(status)
    }

    /// Asks it to stop (SIGTERM) and kills it when it has not after `grace`.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub async fn terminate(&mut self, grace: Duration) -> anyhow::Result<ExitStatus> {
        let status = self.child.stop(Signal::TERM, grace).await?;
        self.finish_forwarding().await;
        Ok(status)
    }

    /// Kills it (SIGKILL), as a crash would, and waits for its end.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub async fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.stop(Signal::KILL, Duration::MAX).await?;
        self.finish_forwarding().await;
        Ok(status)
    }

    /// Freezes it (SIGSTOP): alive to the operating system, silent to everybody else.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.child.signal(Signal::STOP)
    }

    /// Lets a frozen one go on (SIGCONT).
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.child.signal(Signal::CONT)
    }

    /// Forwards what was written before the end. Bounded, because a grandchild may hold the pipe open.
    async fn finish_forwarding(&mut self) {
        for mut forwarder in self.forwarders.drain(..) {
            let bound = Duration::from_secs(1);
            if tokio::time::timeout(bound, &mut forwarder).await.is_err() {
                forwarder.abort();
            }
        }
    }
}

async fn forward_lines(pipe: impl AsyncRead + Unpin, sink: Arc<impl Fn(&str) + Send + Sync>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    // An unreadable pipe is the end of the child's lines, as a closed one is.
    while let Ok(1..) = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await {
        sink(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        line.clear();
    }
}
