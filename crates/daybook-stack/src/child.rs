//! One child process: signals, waiting with a bound, and an end that is certain.
//!
//! Signals go to the child only while it has not been reaped, so that they never reach a stranger who
//! was given its process id.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child as TokioChild, Command};

use crate::spawn;

/// How long a dropped child may take to die of SIGKILL before it is left to the kernel.
const KILL_BOUND: Duration = Duration::from_secs(5);

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Child {
    inner: TokioChild,
}

impl Child {
    pub(crate) async fn start(command: Command) -> anyhow::Result<Self> {
        Ok(Self { inner: spawn::spawn(command).await? })
    }

    /// The process id; none once the child has ended and was waited for.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.inner.id()
    }

    /// For taking the pipes of a child that was started with some.
    pub(crate) fn pipes(&mut self) -> &mut TokioChild {
        &mut self.inner
    }

    /// Sends a signal; one to a child that has ended is no error.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let Some(pid) = self.pid().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) else {
            return Ok(());
        };
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("send {signal:?} to process {pid:?}")),
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.inner.try_wait().context("look whether the child has ended")
    }

    /// Waits for the end. May be dropped and called again.
    pub(crate) async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        self.inner.wait().await.context("wait for the child")
    }

    /// Asks with `signal`, and after `grace` kills.
    pub(crate) async fn stop(
        &mut self,
        signal: Signal,
        grace: Duration,
    ) -> anyhow::Result<ExitStatus> {
        self.signal(signal)?;
        match tokio::time::timeout(grace, self.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.signal(Signal::KILL)?;
                self.wait().await
            }
        }
    }

    /// The same without a runtime, for `Drop`: blocks until the child is gone.
    pub(crate) fn stop_blocking(&mut self, signal: Signal, grace: Duration) {
        let started = Instant::now();
        let mut sent = signal;
        let _ = self.signal(signal);
        while matches!(self.ended(), Ok(None)) {
            if started.elapsed() > grace + KILL_BOUND {
                tracing::warn!(process.id = self.pid(), "a child does not die of SIGKILL");
                return;
            }
            if started.elapsed() > grace && sent != Signal::KILL {
                sent = Signal::KILL;
                let _ = self.signal(sent);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.stop_blocking(Signal::KILL, Duration::ZERO);
    }
}
