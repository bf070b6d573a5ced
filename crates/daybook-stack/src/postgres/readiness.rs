//! Waiting until a server that was just started answers, or saying why it does not.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::cluster::Cluster;
use crate::child::Child;

const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// How a start ended, other than in an error.
#[derive(Debug)]
pub(crate) enum Outcome {
    Ready(Child),
    /// Somebody else listens on the port.
    PortTaken,
    /// Processes of a server that was killed still hold its shared memory; they notice its death
    /// within milliseconds, so that the next attempt finds them gone.
    FormerStillEnding,
}

/// Waits until the server says in its pid file that it is ready, and then connects once to be sure.
///
/// The pid file comes first because whoever answers on the port could also be somebody else's server
/// that took it a moment earlier.
pub(crate) async fn wait<F>(
    mut child: Child,
    cluster: &Cluster,
    port: u16,
    bound: Duration,
    connect: impl Fn() -> F,
) -> anyhow::Result<Outcome>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let started = Instant::now();
    loop {
        if let Some(status) = child.ended()? {
            let log = cluster.log_tail();
            if log.contains("Address already in use") {
                return Ok(Outcome::PortTaken);
            }
            if log.contains("pre-existing shared memory block") {
                return Ok(Outcome::FormerStillEnding);
            }
            bail!("PostgreSQL did not start ({status}); its log ends with:\n{log}");
        }
        let ready = says_ready(cluster.data_dir(), child.pid(), port);
        let refusal = if ready { connect().await.err() } else { None };
        if ready && refusal.is_none() {
            return Ok(Outcome::Ready(child));
        }
        if started.elapsed() > bound {
            let reason = refusal.map(|error| format!(" ({error:#})")).unwrap_or_default();
            bail!(
                "PostgreSQL was not ready within {bound:?}{reason}; its log ends with:\n{}",
                cluster.log_tail()
            );
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// `postmaster.pid` names the process on its first line, the port on its fourth, and the state on its
/// eighth, padded with spaces.
fn says_ready(data_dir: &Path, pid: Option<u32>, port: u16) -> bool {
    let Ok(text) = std::fs::read_to_string(data_dir.join("postmaster.pid")) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let names =
        |line: usize, number: u64| lines.get(line).and_then(|l| l.parse().ok()) == Some(number);
    pid.is_some_and(|pid| names(0, u64::from(pid)))
        && names(3, u64::from(port))
        && lines.get(7) == Some(&"ready")
}
