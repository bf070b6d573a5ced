//! `daybook rebuild`, as a process of its own: how long it takes, phase by phase, and the most memory it ever held.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use daybook_projector::projections;
use daybook_readmodels::rebuild::Rebuilder;
use daybook_stack::{Process, ProcessSpec, Service, Stack};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use super::{ProjectorFigure, tell};
use crate::bench::prepare;
use crate::bench::report::median;
use crate::bench::table::Target;

/// The read models that daily business asks. Those of an auditor are measured by `daybook bench audit`.
pub(in crate::bench) const BOOKS: &[&str] =
    &["accounts", "account_entries", "transfers", "daily_activity"];

/// Between two looks at the process's memory, of which the kernel keeps the highest.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Memory that a rebuild may use, and should, in MB.
const MEMORY_MB: Target = Target::AtMost { must: 400.0, aim: 250.0 };

/// Longest wait until the tables of what was replaced can be dropped: autovacuum may be at work on them.
const DROP_MAX: Duration = Duration::from_secs(120);

/// What came of one rebuild.
#[derive(Debug)]
struct Round {
    seconds: f64,
    memory_peak_mb: f64,
    /// In words.
    phases: String,
}

/// What came of some rebuilds.
#[derive(Debug)]
pub(in crate::bench) struct Rebuilds(Vec<Round>);

/// Rebuilds of a short log and of a long one, in turn: a machine that gets slower meanwhile does so for both.
#[derive(Debug)]
pub(in crate::bench) struct Pairs {
    /// Events of each log.
    events: [u64; 2],
    pub(in crate::bench) short: Rebuilds,
    pub(in crate::bench) long: Rebuilds,
}

/// Seconds that a rebuild of so many events may take.
#[expect(clippy::cast_precision_loss, reason = "a number of events, far below 2^52")]
pub(in crate::bench) fn target(events: u64) -> Target {
    let share = events as f64 / 2_000_000.0;
    Target::AtMost { must: 15.0 * share, aim: 8.0 * share }
}

/// Rebuilds some read models (none named: all) so many times.
pub(in crate::bench) async fn measure(
    stack: &Stack,
    rounds: u32,
    names: &[&str],
) -> anyhow::Result<Rebuilds> {
    let mut all = Vec::new();
    for round in 1..=rounds {
        let one = settled(stack, names).await?;
        tell(&format!("rebuild {round}: {}", one.describe()));
        all.push(one);
    }
    Ok(Rebuilds(all))
}

/// Rebuilds the books so many times from each of two logs.
pub(in crate::bench) async fn pairs(
    [(less, short), (more, long)]: [(u64, &Stack); 2],
    rounds: u32,
) -> anyhow::Result<Pairs> {
    let mut pairs =
        Pairs { events: [less, more], short: Rebuilds(Vec::new()), long: Rebuilds(Vec::new()) };
    for round in 1..=rounds {
        for (events, stack, all) in [(less, short, &mut pairs.short), (more, long, &mut pairs.long)]
        {
            let one = settled(stack, BOOKS).await?;
            let events = in_thousands(events);
            tell(&format!("rebuild {round} from {events} events: {}", one.describe()));
            all.0.push(one);
        }
    }
    Ok(pairs)
}

/// One rebuild, on a server that has nothing else to do. What it replaced is dropped: no query reads it.
async fn settled(stack: &Stack, names: &[&str]) -> anyhow::Result<Round> {
    let url = stack.admin_url();
    prepare::settle(&url).await?;
    tokio::task::spawn_blocking(prepare::touch_memory).await.context("touch memory")?;
    let round = rebuild(stack, names).await?;
    drop_replaced(&url).await.context("drop what was replaced")?;
    Ok(round)
}

async fn drop_replaced(url: &str) -> anyhow::Result<()> {
    let rebuilder = Rebuilder::new(url, url)?;
    let mut connection = PgConnection::connect(url).await?;
    let begun = Instant::now();
    loop {
        rebuilder.clean(&projections(), Duration::ZERO).await?;
        let replaced = "SELECT count(*) FROM read.generations WHERE state = 'retired'";
        let left: i64 = sqlx::query_scalar(replaced).fetch_one(&mut connection).await?;
        if left == 0 {
            return Ok(connection.close().await?);
        }
        ensure!(begun.elapsed() < DROP_MAX, "{left} generations are still in use");
    }
}

async fn rebuild(stack: &Stack, names: &[&str]) -> anyhow::Result<Round> {
    let url = stack.postgres.url(Service::Projector.role(), "daybook");
    let spec = ProcessSpec::new(std::env::current_exe().context("find this program")?)
        .arg("rebuild")
        .arg("--json")
        .env("DAYBOOK_LOG_DATABASE_URL", &url)
        .env("DAYBOOK_READ_DATABASE_URL", &url);
    let spec = match names {
        [] => spec.arg("--all"),
        names => names.iter().fold(spec, |spec, name| spec.arg(*name)),
    };
    let begun = Instant::now();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let lines = Arc::clone(&lines);
        move |line: &str| {
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((begun.elapsed(), line.to_owned()))
        }
    };
    let mut process = Process::start(&spec, sink).await?;
    let pid = process.pid().context("the rebuild has no process id")?;
    let mut memory_peak_mb = 0.0_f64;
    let status = loop {
        match tokio::time::timeout(LOOK_EVERY, process.wait()).await {
            Ok(status) => break status?,
            Err(_) => memory_peak_mb = memory_peak_mb.max(peak_mb(pid)),
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(status.success(), "the rebuild ended with {status}: {lines:?}");
    Ok(Round { seconds, memory_peak_mb, phases: phases(&lines, seconds) })
}

/// The most that a process ever held; nothing when it has ended.
fn peak_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0_f64) / 1024.0
}

/// How long each phase took, from the times at which they were told.
fn phases(lines: &[(Duration, String)], end: f64) -> String {
    let mut begun: Vec<(String, f64)> = Vec::new();
    for (at, line) in lines {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let Some(phase) = value["progress"]["phase"].as_str() else { continue };
        // Those that alternate, one read model after the other, are told as one.
        let phase = if matches!(phase, "catching-up" | "swapping") { "swapping" } else { phase };
        if begun.last().is_none_or(|(last, _)| last != phase) && phase != "done" {
            begun.push((phase.to_owned(), at.as_secs_f64()));
        }
    }
    let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([end]);
    let each =
        begun.iter().zip(ends).map(|((phase, at), until)| format!("{phase} {:.1} s", until - at));
    each.collect::<Vec<_>>().join(", ")
}

impl Round {
    fn describe(&self) -> String {
        let Self { seconds, memory_peak_mb, phases } = self;
        format!("{seconds:.2} s ({phases}), {memory_peak_mb:.0} MB")
    }
}

impl Rebuilds {
    fn seconds(&self) -> f64 {
        median(self.0.iter().map(|round| round.seconds).collect())
    }

    /// The most of all of them.
    fn memory_peak_mb(&self) -> f64 {
        self.0.iter().map(|round| round.memory_peak_mb).fold(0.0, f64::max)
    }

    pub(in crate::bench) fn figure(
        &self,
        models: &str,
        events: u64,
        accounts: u32,
        target: Target,
    ) -> ProjectorFigure {
        let what =
            format!("rebuild {models}, {} events, {accounts} accounts", in_thousands(events));
        let (seconds, memory) = (self.seconds(), self.memory_peak_mb());
        let phases = self.0.last().map_or("", |round| &round.phases);
        let measured = format!("{seconds:.1} s, {memory:.0} MB at most ({phases})");
        ProjectorFigure::judged(what, measured, seconds, target, " s")
    }
}

impl Pairs {
    /// Whether time grows no faster than the events.
    #[expect(clippy::cast_precision_loss, reason = "numbers of events, far below 2^52")]
    pub(in crate::bench) fn growth(&self) -> ProjectorFigure {
        let [less, more] = self.events;
        let rounds = self.short.0.iter().zip(&self.long.0);
        let times: Vec<f64> = rounds.map(|(short, long)| long.seconds / short.seconds).collect();
        let each: Vec<_> = times.iter().map(|times| format!("{times:.2}")).collect();
        let (events, time) = (more as f64 / less as f64, median(times));
        let measured = format!(
            "{time:.2} × the time for {events:.2} × the events (of each pair: {})",
            each.join(", ")
        );
        // A tenth is what two runs differ by anyway.
        let target = Target::AtMost { must: 1.1, aim: 1.0 };
        let what = "rebuild the books, time over events";
        ProjectorFigure::judged(what, measured, time / events, target, "")
    }
}

/// Whether a longer log needs no more memory.
pub(in crate::bench) fn memory_growth(short: &Rebuilds, long: &Rebuilds) -> ProjectorFigure {
    let times = long.memory_peak_mb() / short.memory_peak_mb();
    let target = Target::AtMost { must: 1.25, aim: 1.1 };
    ProjectorFigure::judged(
        "rebuild the books, memory at the greatest length over that before",
        format!("{times:.2} ×"),
        times,
        target,
        " ×",
    )
}

/// Whether memory is bounded.
pub(in crate::bench) fn memory(all: &[&Rebuilds]) -> ProjectorFigure {
    let peaks: Vec<_> = all.iter().map(|one| one.memory_peak_mb()).collect();
    let highest = peaks.iter().copied().fold(0.0, f64::max);
    let measured =
        peaks.iter().map(|peak| format!("{peak:.0}")).collect::<Vec<_>>().join(", ") + " MB";
    let what = "rebuild the books, memory at each length";
    ProjectorFigure::judged(what, measured, highest, MEMORY_MB, " MB")
}

pub(in crate::bench) fn in_thousands(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    parts.join(",")
}
