//! The server that an owner left behind, when it died where parent-death signals do not work.
//!
//! By the time this runs we hold the directory's lock, so no living owner is robbed of its server.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// An immediate shutdown takes milliseconds; after five seconds PostgreSQL kills its own children.
const QUIT_BOUND: Duration = Duration::from_secs(8);
const KILL_BOUND: Duration = Duration::from_secs(5);

/// Stops the server that still works in `data_dir`, if there is one.
pub(crate) fn stop(data_dir: &Path) -> anyhow::Result<()> {
    for (signal, bound) in [(Signal::QUIT, QUIT_BOUND), (Signal::KILL, KILL_BOUND)] {
        let Some(pid) = living(data_dir) else { return Ok(()) };
        tracing::warn!(process.id = %pid, "stopping a server that its owner left behind");
        // It may have ended in this very moment.
        let _ = kill_process(pid, signal);
        let started = Instant::now();
        while test_kill_process(pid).is_ok() && started.elapsed() < bound {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    match living(data_dir) {
        None => Ok(()),
        Some(pid) => {
            bail!("the server that works in `{}` (process {pid}) does not stop", data_dir.display())
        }
    }
}

/// The process that `postmaster.pid` names, if it is really a server of this directory: process ids
/// are used again, and a server's working directory is its data directory.
fn living(data_dir: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data_dir.join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?)?;
    let works_in = std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).ok()?;
    (works_in == data_dir).then_some(pid)
}
