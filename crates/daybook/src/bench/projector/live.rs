//! The projector beside the command service: how fast it drains a backlog from Redis, and how late a row is.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use daybook_stack::{Process, ProcessSpec, Service, Stack};
use hdrhistogram::Histogram;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{ProjectorEffort, ProjectorFigure, STOP_GRACE, start_services, tell};
use crate::bench::load::{self, Load, Mode};
use crate::bench::processes::Processes;
use crate::bench::report::median;
use crate::bench::table::Target;
use crate::bench::tally::{empty_histogram, quantile_ms};
use crate::bench::{Choice, Workload, accounts, prepare};

const ACCOUNTS: u32 = 10_000;

/// Rounds of each.
const ROUNDS: u32 = 3;

/// Commands a second while the lag is measured.
const RATE: f64 = 2000.0;

/// Longest wait for a projector to be level.
const LEVEL_MAX: Duration = Duration::from_secs(120);

/// Both, on a log that the read models are level with.
pub(super) async fn measure(
    stack: &mut Stack,
    effort: &ProjectorEffort,
) -> anyhow::Result<Vec<ProjectorFigure>> {
    start_services(stack).await?;
    accounts::open(&stack.command_url, ACCOUNTS).await?;
    let mut admin =
        PgConnection::connect(&stack.admin_url()).await.context("connect to the read models")?;
    wait_until_level(&mut admin).await?;
    prepare::settle(&stack.admin_url()).await?;
    let [p50, p99] = lag(stack, effort.lag_seconds, &mut admin).await?;
    let one = drain(stack, None, &mut admin, effort.backlog).await?;
    let mut second = second_projector(stack, &mut admin).await?;
    let two = drain(stack, Some(&second), &mut admin, effort.backlog).await?;
    second.terminate(STOP_GRACE).await.context("stop the second projector")?;
    admin.close().await?;
    let target = Target::AtLeast { must: 30_000.0, aim: 60_000.0 };
    let what = "drain a backlog from Redis into all read models, one instance";
    Ok(vec![
        p50,
        p99,
        ProjectorFigure::judged(what, one.describe(), one.rate, target, "/s"),
        ProjectorFigure::told("the same, two instances", two.describe()),
    ])
}

/// Another instance, as soon as it has its share.
async fn second_projector(stack: &Stack, admin: &mut PgConnection) -> anyhow::Result<Process> {
    let url = stack.postgres.url(Service::Projector.role(), "daybook");
    let spec = ProcessSpec::new(daybook_stack::service_binary(Service::Projector.program())?)
        .arg("--listen")
        .arg(format!("127.0.0.1:{}", daybook_stack::free_port()?))
        .env("DAYBOOK_LOG_DATABASE_URL", &url)
        .env("DAYBOOK_REDIS_URL", stack.redis.url());
    let process = Process::start(&spec, |_| {}).await?;
    let begun = Instant::now();
    loop {
        let shares: Vec<i64> =
            sqlx::query_scalar("SELECT count(*) FROM read.leases GROUP BY instance")
                .fetch_all(&mut *admin)
                .await
                .context("look at the leases")?;
        if matches!(shares[..], [one, other] if one.abs_diff(other) <= 1) {
            return Ok(process);
        }
        ensure!(begun.elapsed() < LEVEL_MAX, "the second projector has no fair share: {shares:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What came of draining.
struct Drained {
    rate: f64,
    /// Cores that were busy with it, in the last round.
    projector: f64,
    postgres: f64,
}

impl Drained {
    fn describe(&self) -> String {
        let Self { rate, projector, postgres } = self;
        format!(
            "{rate:.0} events/s; cores busy: PostgreSQL {postgres:.1}, a projector {projector:.1}"
        )
    }
}

/// The projectors are frozen while commands are appended, and then let go: what they find in Redis is their backlog.
async fn drain(
    stack: &mut Stack,
    second: Option<&Process>,
    admin: &mut PgConnection,
    backlog: u32,
) -> anyhow::Result<Drained> {
    let (mut rates, mut drained) =
        (Vec::new(), Drained { rate: 0.0, projector: 0.0, postgres: 0.0 });
    for round in 1..=ROUNDS {
        for projector in [Some(&stack.projector), second].into_iter().flatten() {
            projector.pause()?;
        }
        let before = head(admin).await?;
        let appended = append(&stack.command_url, backlog, round).await;
        let processes = Processes::of_stack(stack);
        let (begun, used) = (Instant::now(), processes.look());
        for projector in [Some(&stack.projector), second].into_iter().flatten() {
            projector.resume()?;
        }
        appended?;
        wait_until_level(admin).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let usages = processes.since(&used);
        let cores = |program: &str| {
            usages.iter().find(|usage| usage.program == program).map_or(0.0, |usage| usage.cores)
        };
        let events = f64::from(u32::try_from(head(admin).await? - before)?);
        tell(&format!("drain {round}: {events} events, {:.0}/s", events / seconds));
        rates.push(events / seconds);
        (drained.projector, drained.postgres) = (cores("daybook-projector"), cores("postgres"));
    }
    drained.rate = median(rates);
    Ok(drained)
}

/// Appends about so many deposits.
async fn append(url: &str, deposits: u32, round: u32) -> anyhow::Result<()> {
    // A fraction of a second at a time, until there are enough.
    let load = Load {
        callers: 512,
        connections: 8,
        mode: Mode::Streaming,
        rate: None,
        workload: Workload::Deposits,
        accounts: ACCOUNTS,
        choice: Choice::Uniform,
        warm_up: Duration::ZERO,
        duration: Duration::from_millis(200),
        seed: u64::from(round),
    };
    let mut done = 0;
    while done < u64::from(deposits) {
        let outcome = load::run(url, &load).await?;
        ensure!(outcome.tally.failed.is_empty(), "deposits failed: {:?}", outcome.tally.failed);
        done += outcome.tally.done;
    }
    Ok(())
}

/// From the commit of an event to the commit of its rows, in all read models at once, as the server has noted both.
async fn lag(
    stack: &Stack,
    seconds: u64,
    admin: &mut PgConnection,
) -> anyhow::Result<[ProjectorFigure; 2]> {
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        let lags = lags_under_load(stack, seconds, round, admin).await?;
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|quantile| quantile_ms(&lags, quantile));
        tell(&format!("lag {round}: p50 {p50:.1}, p99 {p99:.1}, at most {most:.1} ms"));
        rounds.push([p50, p99]);
    }
    let figure = |index: usize, quantile: &str, must: f64| {
        let value = median(rounds.iter().map(|round: &[f64; 2]| round[index]).collect());
        let what = format!("lag at {RATE}/s, commit to visible row, {quantile}");
        let target = Target::AtMost { must, aim: must };
        ProjectorFigure::judged(what, format!("{value:.1} ms"), value, target, " ms")
    };
    Ok([figure(0, "p50", 10.0), figure(1, "p99", 50.0)])
}

/// The lags of all events of a round.
async fn lags_under_load(
    stack: &Stack,
    seconds: u64,
    round: u32,
    admin: &mut PgConnection,
) -> anyhow::Result<Histogram<u64>> {
    let load = Load {
        callers: 2000,
        connections: 8,
        mode: Mode::Unary,
        rate: Some(RATE),
        workload: Workload::Deposits,
        accounts: ACCOUNTS,
        choice: Choice::Uniform,
        warm_up: Duration::from_secs(2),
        duration: Duration::from_secs(seconds),
        seed: u64::from(round),
    };
    let first = head(admin).await?;
    let outcome = load::run(&stack.command_url, &load).await?;
    ensure!(outcome.tally.failed.is_empty(), "deposits failed: {:?}", outcome.tally.failed);
    wait_until_level(admin).await?;
    lags(admin, first).await
}

/// The lags of all events after a position, in microseconds. A projector's transaction is over all read models, so that the
/// rows of `audit`, which has one for each event and never changes it, tell of all the others.
async fn lags(admin: &mut PgConnection, first: i64) -> anyhow::Result<Histogram<u64>> {
    let generation: i32 =
        sqlx::query_scalar("SELECT generation FROM read.projections WHERE projection = 'audit'")
            .fetch_one(&mut *admin)
            .await
            .context("find the read model")?;
    let committed: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT (extract(epoch FROM pg_xact_commit_timestamp(audit.xmin) - pg_xact_commit_timestamp(event.xmin))
            * 1000000)::bigint
         FROM log.events AS event JOIN read.audit_{generation} AS audit USING (position)
         WHERE position > $1"
    )))
    .bind(first)
    .fetch_all(admin)
    .await
    .context("read when events and rows were committed")?;
    let mut lags = empty_histogram();
    for lag in committed {
        let lag = u64::try_from(lag).context("a row was committed before its event")?;
        lags.record(lag.max(1)).context("record a lag")?;
    }
    Ok(lags)
}

async fn head(admin: &mut PgConnection) -> anyhow::Result<i64> {
    sqlx::query_scalar("SELECT max(position) FROM log.head")
        .fetch_one(admin)
        .await
        .context("read the head")
}

async fn wait_until_level(admin: &mut PgConnection) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let behind: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM read.checkpoints, log.head WHERE NOT retired AND checkpoints.position < head.position",
        )
        .fetch_one(&mut *admin)
        .await
        .context("look at the checkpoints")?;
        if behind == 0 {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < LEVEL_MAX,
            "the projector is not level after {} s",
            LEVEL_MAX.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
