//! Load for a long time: whether memory stays flat.

use std::time::Duration;

use serde::Serialize;

use super::processes::Usage;
use super::report::Round;
use super::site::Site;
use super::workload::Workload;
use super::{Choice, Load, Mode};
use crate::failure::Failure;
use crate::output::Row;

/// Memory may grow by this share in the second half; in the first, caches fill.
const SHARE_MAX: f64 = 0.1;

/// Or by so much, in MB: an allocator does not give back to the byte.
const MB_MAX: f64 = 8.0;

/// What is held to that. Of PostgreSQL and Redis the memory is told and bounded by their settings.
const WATCHED: [&str; 3] = ["daybook-command", "daybook-projector", "daybook-query"];

/// One minute.
#[derive(Debug, Serialize)]
pub(crate) struct Minute {
    pub(crate) round: Round,
}

/// A minute of mixed load, some accounts busy and most of them rarely used.
pub(crate) async fn run_minute(
    site: &mut Site,
    minute: u32,
    accounts: u32,
) -> Result<Minute, Failure> {
    let load = Load {
        callers: 64,
        connections: 8,
        mode: Mode::Unary,
        rate: None,
        workload: Workload::Mixed,
        accounts,
        choice: Choice::Zipf(0.99),
        warm_up: Duration::ZERO,
        duration: Duration::from_secs(60),
        seed: 1,
    };
    Ok(Minute { round: site.round(&load, minute).await?.0 })
}

/// The services whose memory did not stay flat, in words.
pub(crate) fn grown(minutes: &[Minute]) -> Vec<String> {
    let memory = |at: usize, program: &str| {
        let usages = &minutes.get(at)?.round.processes;
        Some(usages.iter().find(|usage| usage.program == program)?.memory_mb)
    };
    let (early, last) = (minutes.len() / 2, minutes.len().saturating_sub(1));
    let grown = WATCHED.iter().filter_map(|program| {
        let (before, after) = (memory(early, program)?, memory(last, program)?);
        let most = before + (before * SHARE_MAX).max(MB_MAX);
        (after > most).then(|| {
            format!("{program} grew from {before:.1} MB in minute {} to {after:.1} MB", early + 1)
        })
    });
    grown.collect()
}

impl Row for Minute {
    const COLUMNS: &'static [&'static str] = &[
        ">minute",
        ">rate/s",
        ">p50 ms",
        ">p99 ms",
        ">failed",
        ">behind s",
        ">command MB",
        ">projector MB",
        ">query MB",
        ">postgres MB",
        ">redis MB",
        ">load generator MB",
    ];

    fn cells(&self) -> Vec<String> {
        let round = &self.round;
        let memory = |program: &str| {
            let found = |usage: &&Usage| usage.program == program;
            let usage = round.processes.iter().find(found);
            usage.map_or_else(String::new, |usage| format!("{:.1}", usage.memory_mb))
        };
        vec![
            round.round.clone(),
            format!("{:.0}", round.rate),
            format!("{:.2}", round.latencies.p50_ms),
            format!("{:.2}", round.latencies.p99_ms),
            round.failed.values().sum::<u64>().to_string(),
            round.catch_up_seconds.map_or_else(String::new, |seconds| format!("{seconds:.1}")),
            memory("daybook-command"),
            memory("daybook-projector"),
            memory("daybook-query"),
            memory("postgres"),
            memory("redis"),
            memory("load generator"),
        ]
    }
}
