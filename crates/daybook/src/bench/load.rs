//! One run of load on a command service: callers, connections, a window of time, and what came of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::ValueEnum;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use super::choice::{Choice, Picker};
use super::pace::{Pace, Schedule, Window};
use super::tally::Tally;
use super::workload::{Work, Workload};
use super::{streaming, unary};

/// How long the last answers are waited for. The service lets no command wait longer than ten seconds.
const GRACE: Duration = Duration::from_secs(15);

/// How commands are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Each as a call of its own.
    Unary,
    /// Many over one call.
    Streaming,
}

/// What load is put on the service.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Those who wait for one answer before they send the next, over all connections; in a stream, its places.
    pub(crate) callers: usize,
    pub(crate) connections: usize,
    pub(crate) mode: Mode,
    /// Operations a second in an open loop; `None`: a closed loop.
    pub(crate) rate: Option<f64>,
    pub(crate) workload: Workload,
    pub(crate) accounts: u32,
    pub(crate) choice: Choice,
    pub(crate) warm_up: Duration,
    pub(crate) duration: Duration,
    pub(crate) seed: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Over all connections.
    pub(crate) tally: Tally,
    /// Operations answered with success, a second.
    pub(crate) rate: f64,
    /// Operations that were due and that nobody was free to begin, or begun and never answered.
    pub(crate) unanswered: u64,
}

/// Connections to the service, made.
pub(crate) async fn connect(
    url: &str,
    count: usize,
) -> anyhow::Result<Vec<CommandServiceClient<Channel>>> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .with_context(|| format!("`{url}` is not the URL of a service"))?
        .connect_timeout(Duration::from_secs(3))
        .tcp_nodelay(true);
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let channel = endpoint
            .connect()
            .await
            .with_context(|| format!("connect to the command service at {url}"))?;
        clients.push(CommandServiceClient::new(channel));
    }
    Ok(clients)
}

/// Puts the load on the service and waits for the end.
pub(crate) async fn run(url: &str, load: &Load) -> anyhow::Result<Outcome> {
    let clients = connect(url, load.connections).await?;
    let window = Window::new(Instant::now(), load.warm_up, load.duration);
    let pace = match load.rate {
        None => Pace::Closed(window),
        Some(rate) => {
            Pace::Open(Schedule::begin(rate, window, load.callers).context("begin the schedule")?)
        }
    };
    let tallies: Vec<_> =
        clients.iter().map(|_| Arc::new(Mutex::new(Tally::new(window)))).collect();
    let mut callers = start(load, &clients, &tallies, &pace);
    let end = tokio::time::Instant::from_std(window.until + GRACE);
    let _ =
        tokio::time::timeout_at(end, async { while callers.join_next().await.is_some() {} }).await;
    callers.shutdown().await;
    let mut tally = Tally::new(window);
    for part in &tallies {
        tally.add(&part.lock().unwrap_or_else(PoisonError::into_inner));
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 operations are made in a run")]
    let done = tally.done as f64;
    let unanswered = tally.open + pace.never_begun();
    Ok(Outcome { rate: done / load.duration.as_secs_f64(), unanswered, tally })
}

fn start(
    load: &Load,
    clients: &[CommandServiceClient<Channel>],
    tallies: &[Arc<Mutex<Tally>>],
    pace: &Pace,
) -> JoinSet<()> {
    let picker = Picker::new(load.choice, load.accounts);
    let mut callers = JoinSet::new();
    let tasks = match load.mode {
        Mode::Unary => load.callers,
        Mode::Streaming => clients.len(),
    };
    for number in 0..tasks {
        let place = number % clients.len();
        let (client, tally) = (clients[place].clone(), Arc::clone(&tallies[place]));
        let seed =
            load.seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(number).unwrap_or(0));
        let work = Work::new(load.workload, picker.clone(), seed);
        let pace = pace.clone();
        match load.mode {
            Mode::Unary => {
                callers.spawn(async move { unary::call(client, work, pace, &tally).await })
            }
            Mode::Streaming => {
                let window = load.callers.div_ceil(clients.len());
                let approves = load.workload.needs_approval();
                callers.spawn(async move {
                    streaming::call(client, window, approves, work, pace, &tally).await;
                })
            }
        };
    }
    callers
}
