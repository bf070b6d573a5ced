//! The proof of history: how fast a log is hashed, how long a proof takes, how fast everything is verified, and what the
//! prover costs the commands beside it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use daybook_eventlog::LogReader;
use daybook_proof::KeyFile;
use daybook_proto::v1;
use daybook_prover::store::Store;
use daybook_prover::verify::verify_tree;
use daybook_stack::{Process, ProcessSpec, Service, Stack};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::PgPool;

use super::load::{self, Load, Mode};
use super::projector::filler::Filler;
use super::projector::{ProjectorFigure, rebuilds, start_services, stop_services, tell};
use super::report::median;
use super::table::Target;
use super::tally::{empty_histogram, quantile_ms};
use super::{Choice, Workload, accounts, prepare};
use crate::client::QueryClient;
use crate::failure::Failure;

/// How long a service may take to end.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// Longest wait for the prover to be level.
const LEVEL_MAX: Duration = Duration::from_secs(300);

/// Between two looks at the size of the tree.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Longest time for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Before the first slice.
const WARM_UP: Duration = Duration::from_secs(3);

const ACCOUNTS: u32 = 10_000;
const CALLERS: usize = 64;

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct ProofEffort {
    /// Events that are hashed at once.
    events: u64,
    /// Proofs that are asked for, one after the other.
    proofs: u32,
    /// Pairs of slices, one without and one with the prover.
    pairs: u32,
    /// How long a slice takes.
    slice: Duration,
}

impl ProofEffort {
    pub(crate) fn full() -> Self {
        Self { events: 2_000_000, proofs: 5000, pairs: 32, slice: Duration::from_secs(3) }
    }

    pub(crate) fn quick() -> Self {
        Self { events: 500_000, proofs: 2000, pairs: 12, slice: Duration::from_secs(2) }
    }
}

/// Measures all of it on a stack with an empty log: first what the prover costs, beside real commands; then all that they
/// left is verified; then many more events are put behind them, hashed, and asked for.
pub(crate) async fn run(
    stack: &mut Stack,
    effort: &ProofEffort,
) -> Result<Vec<ProjectorFigure>, Failure> {
    let url = stack.admin_url();
    prepare::recycle_wal(&url).await.context("prepare the write-ahead log")?;
    stop_services(stack).await?;
    let admin = PgPool::connect(&url).await.context("connect to the log")?;
    stack.start_again(Service::Command).await.context("start the command service")?;
    let mut figures = cost(stack, &admin, effort).await?;
    have_prover(stack, &admin, true).await?;
    have_prover(stack, &admin, false).await?;
    stop_services(stack).await?;
    figures.push(verify_all(stack, head(&admin).await?).await?);

    let mut filler = Filler::new(&url, 100_000, 1).await?;
    filler.go_on().await?;
    filler.fill_by(effort.events).await?;
    figures.push(hash(stack, &admin, effort.events).await?);
    start_services(stack).await?;
    let events = u64::try_from(head(&admin).await?).context("the head")?;
    figures.extend(proofs(stack, effort, events).await?);
    figures.push(verify(stack, &admin, events).await?);
    stop_services(stack).await?;
    Ok(figures)
}

/// From where the tree stands to the head.
async fn hash(stack: &mut Stack, admin: &PgPool, events: u64) -> anyhow::Result<ProjectorFigure> {
    tell("hashing them");
    let begun = Instant::now();
    stack.start_again(Service::Prover).await.context("start the prover")?;
    wait_for_tree(admin, head(admin).await?).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let rate = number(events) / seconds;
    Ok(ProjectorFigure::judged(
        format!("hash {events} events into tree and tiles, from start to last commit"),
        format!("{rate:.0} leaves/s ({seconds:.1} s)"),
        rate,
        Target::AtLeast { must: 50_000.0, aim: 100_000.0 },
        "/s",
    ))
}

/// Waits until the tree has so many leaves.
async fn wait_for_tree(admin: &PgPool, leaves: i64) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let size: Option<i64> =
            sqlx::query_scalar("SELECT max(size) FROM proof.trees").fetch_one(admin).await?;
        if size.is_some_and(|size| size >= leaves) {
            return Ok(());
        }
        ensure!(begun.elapsed() < LEVEL_MAX, "the prover was not level within {LEVEL_MAX:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One event a call, one call after the other, at positions chosen by chance.
async fn proofs(
    stack: &Stack,
    effort: &ProofEffort,
    events: u64,
) -> Result<Vec<ProjectorFigure>, Failure> {
    tell("asking for proofs");
    let query = QueryClient::new(&stack.query_url, ANSWER_MAX)?;
    let mut random = StdRng::seed_from_u64(1);
    let (mut inclusion, mut consistency) = (empty_histogram(), empty_histogram());
    let last = i64::try_from(events).unwrap_or(i64::MAX);
    for _ in 0..effort.proofs {
        let at = random.random_range(1..=last);
        let begun = Instant::now();
        let question = v1::GetInclusionProofRequest { positions: vec![at], ..Default::default() };
        query.inclusion(&question).await?;
        inclusion.saturating_record(micros(begun));
        let begun = Instant::now();
        let question = v1::GetConsistencyProofRequest { first_size: at, ..Default::default() };
        query.consistency(&question).await?;
        consistency.saturating_record(micros(begun));
    }
    let figure = |what: &str, histogram| {
        let (p50, p99) = (quantile_ms(histogram, 0.5), quantile_ms(histogram, 0.99));
        let target = Target::AtMost { must: 50.0, aim: 10.0 };
        ProjectorFigure::judged(what, format!("p50 {p50:.1} / p99 {p99:.1} ms"), p99, target, " ms")
    };
    Ok(vec![
        figure("GetInclusionProof of one event, one caller", &inclusion),
        figure("GetConsistencyProof, one caller", &consistency),
    ])
}

/// The tree's part of verifying: every event hashed again, every checkpoint compared.
async fn verify(stack: &Stack, admin: &PgPool, events: u64) -> anyhow::Result<ProjectorFigure> {
    tell("verifying the whole log");
    let keys = std::fs::read_to_string(stack.key_file()).context("read the prover's key")?;
    let keys = KeyFile::parse(&keys).context("the prover's key")?.public_keys();
    let origin = keys.first().map(|key| key.name().to_owned()).unwrap_or_default();
    let (log, store) = (LogReader::new(admin.clone()), Store::new(admin.clone(), &origin));
    let begun = Instant::now();
    let report = verify_tree(&log, &store, &keys, &[], |_, _| {}).await.context("verify")?;
    ensure!(report.findings.is_empty(), "verifying found {:?}", report.findings.first());
    ensure!(report.events >= events, "only {} events were verified", report.events);
    let seconds = begun.elapsed().as_secs_f64();
    Ok(ProjectorFigure::told(
        format!("verify the tree: {events} events, {} checkpoints", report.checkpoints),
        format!("{:.0} events/s ({seconds:.1} s)", number(report.events) / seconds),
    ))
}

/// `daybook verify --all`, a process of its own: log, snapshots, every row of every read model, trial balance, tree.
async fn verify_all(stack: &Stack, events: i64) -> anyhow::Result<ProjectorFigure> {
    // The projector would need longer to come level.
    rebuilds::measure(stack, 1, &[]).await?;
    tell("verifying everything");
    let keys = std::fs::read_to_string(stack.key_file()).context("read the prover's key")?;
    let keys = KeyFile::parse(&keys).context("the prover's key")?.public_keys();
    let key = keys.first().context("the prover has no key")?.to_string();
    let url = stack.postgres.url(Service::Projector.role(), "daybook");
    let spec = ProcessSpec::new(std::env::current_exe().context("find this program")?)
        .arg("verify")
        .arg("--all")
        .arg("--key")
        .arg(key)
        .env("DAYBOOK_LOG_DATABASE_URL", &url)
        .env("DAYBOOK_READ_DATABASE_URL", &url);
    let said = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let said = Arc::clone(&said);
        move |line: &str| {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
        }
    };
    let begun = Instant::now();
    let status = Process::start(&spec, sink).await?.wait().await?;
    let seconds = begun.elapsed().as_secs_f64();
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let last = said.len().saturating_sub(5);
    ensure!(status.success(), "verifying ended with {status}: {:?}", &said[last..]);
    let rate = number(u64::try_from(events)?) / seconds;
    Ok(ProjectorFigure::told(
        format!("verify --all: {events} events, snapshots, all read models, tree"),
        format!("{rate:.0} events/s ({seconds:.1} s)"),
    ))
}

/// Deposits without and with the prover: one load all the time, beside which the prover comes and goes. So the two of a
/// pair are seconds apart, as the machine is faster in one minute than in another.
async fn cost(
    stack: &mut Stack,
    admin: &PgPool,
    effort: &ProofEffort,
) -> Result<Vec<ProjectorFigure>, Failure> {
    accounts::open(&stack.command_url, ACCOUNTS).await?;
    let load = Load {
        callers: CALLERS,
        connections: 8,
        mode: Mode::Unary,
        rate: None,
        workload: Workload::Deposits,
        accounts: ACCOUNTS,
        choice: Choice::Uniform,
        warm_up: Duration::ZERO,
        // Dropped when everything is measured, which is long before.
        duration: Duration::from_secs(3600),
        seed: 1,
    };
    let command_url = stack.command_url.clone();
    let (with, without) = tokio::select! {
        ended = load::run(&command_url, &load) => {
            ended.context("deposit")?;
            return Err(anyhow!("the load ended before everything was measured").into());
        }
        rates = rates(stack, admin, effort) => rates?,
    };
    let ratio = median(with.iter().zip(&without).map(|(with, without)| with / without).collect());
    let (without, with) = (median(without), median(with));
    let target = Target::AtLeast { must: 0.97, aim: 1.0 };
    Ok(vec![
        ProjectorFigure::told(
            format!("deposits, unary, {CALLERS} callers, without and with the prover"),
            format!("{without:.0}/s and {with:.0}/s"),
        ),
        ProjectorFigure::judged(
            format!("the ratio within a pair, median of {} pairs", effort.pairs),
            format!("{ratio:.3} ×"),
            ratio,
            target,
            " ×",
        ),
    ])
}

/// How many events a second are appended, with and without the prover, pair by pair.
async fn rates(
    stack: &mut Stack,
    admin: &PgPool,
    effort: &ProofEffort,
) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    tokio::time::sleep(WARM_UP).await;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for pair in 0..effort.pairs {
        // What comes second may be slower for other reasons: each is so as often as the other.
        for proving in [pair % 2 == 1, pair % 2 == 0] {
            have_prover(stack, admin, proving).await?;
            let (begun, before) = (Instant::now(), head(admin).await?);
            tokio::time::sleep(effort.slice).await;
            let appended = number(u64::try_from(head(admin).await? - before)?);
            (if proving { &mut with } else { &mut without })
                .push(appended / begun.elapsed().as_secs_f64());
        }
        if let (Some(with), Some(without)) = (with.last(), without.last()) {
            tell(&format!("{without:.0}/s without, {with:.0}/s with the prover"));
        }
    }
    Ok((with, without))
}

/// Starts or stops the prover. What was appended without it is hashed before it is measured with.
async fn have_prover(stack: &mut Stack, admin: &PgPool, proving: bool) -> anyhow::Result<()> {
    match (proving, &mut stack.prover) {
        (true, None) => {
            stack.start_again(Service::Prover).await.context("start the prover")?;
            wait_for_tree(admin, head(admin).await?).await?;
        }
        (false, Some(prover)) => {
            prover.terminate(STOP_GRACE).await.context("stop the prover")?;
            stack.prover = None;
        }
        _ => {}
    }
    Ok(())
}

async fn head(admin: &PgPool) -> anyhow::Result<i64> {
    let head = "SELECT coalesce(max(position), 0) FROM log.events";
    sqlx::query_scalar(head).fetch_one(admin).await.context("read the head")
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a number of events, far below 2^52")]
fn number(events: u64) -> f64 {
    events as f64
}
