//! The service: one session after the other, until it is told to stop.

use std::time::Duration;

use anyhow::Context as _;
use daybook_eventlog::LogReader;
use daybook_runtime::dependency::{Database, Dependency, tell_ready};
use daybook_runtime::metrics::{Measure, of_pool};
use daybook_runtime::postgres::Connector;
use daybook_runtime::repeats::Repeats;
use daybook_runtime::setup::{self, Need};
use daybook_runtime::{postgres, server};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::key_file;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::publish::Publisher;
use crate::session::{Prover, Session, SessionError};
use crate::settings::Settings;
use crate::store::Store;

/// One that works, one in reserve while a lost one is being noticed.
const CONNECTIONS_MAX: u32 = 2;

/// First pause after a failure; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest pause: how late it is noticed that a database is back.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Whoever finds another prover at work leaves it alone for so long.
const LOST_PAUSE: Duration = Duration::from_secs(1);

/// What was signed last is published before the end, within this; less than the server's own grace.
const PUBLISH_GRACE: Duration = Duration::from_secs(10);

/// A database that does not answer at all is given up on, later than the server itself gives up on a statement.
const ANSWER_BOUND: Duration = Duration::from_secs(40);

/// Failures in a row, with no progress in between, after which it is no longer ready.
const FAILURES_MAX: u32 = 3;

const LOG_LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery() FROM log.head";
const LOG_NEEDS: [Need; 3] =
    [("log.identity", "SELECT"), ("log.head", "SELECT"), ("log.events", "SELECT")];
const READ_LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery() AND \
    (SELECT count(*) FROM (SELECT FROM proof.trees LIMIT 1) one) >= 0";
const READ_NEEDS: [Need; 3] =
    [("proof.trees", "UPDATE"), ("proof.tiles", "INSERT"), ("proof.checkpoints", "INSERT")];

/// Proves until `shutdown`; databases may come later or go away in between. Serves health on `listener`: SERVING while the
/// tree grows with the log.
///
/// # Errors
/// When a setting is wrong, the key cannot be used, or the listener fails.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    daybook_runtime::metrics::start()?;
    let (mut prover, mut measures) = prover(&settings).await?;
    measures.push(prover.metrics.age());
    let interval = Duration::from_millis(settings.interval_ms);
    let databases = Databases::new(&settings)?;
    let listen = settings.metrics_listen;
    daybook_runtime::metrics::serve(listen, "daybook-prover", measures, shutdown.clone()).await?;
    let (routes, health) = server::routes("daybook.prover", None).await?;
    let needed = [&databases.log, &databases.read]
        .map(|database| Dependency::on_database(database.clone(), &health));
    let (ready, is_ready) = watch::channel(false);
    tokio::spawn(tell_ready(health.clone(), needed.to_vec(), Some(is_ready)));
    let serving = server::serve(listener, &settings.connections, routes, health, shutdown.clone());
    let proving = async {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            waited = databases.wait() => waited?,
        }
        prove(&mut prover, interval, ready, &shutdown).await;
        anyhow::Ok(())
    };
    // When one fails the other must not go on alone.
    let serving = async { serving.await.inspect_err(|_| shutdown.cancel()) };
    let proving = async { proving.await.inspect_err(|_| shutdown.cancel()) };
    let (served, proved) = tokio::join!(serving, proving);
    proved.and(served)
}

/// With the measures of its connections.
async fn prover(settings: &Settings) -> anyhow::Result<(Prover, Vec<Measure>)> {
    let keys = key_file::load(&settings.key_file).context("--key-file")?;
    let read_url = settings.read_database_url.as_deref().filter(|url| !url.is_empty());
    let read_url = read_url.unwrap_or(&settings.log_database_url);
    let log = postgres::pool(&settings.log_database_url, "daybook-prover", CONNECTIONS_MAX)
        .context("--log-database-url")?;
    let read = postgres::pool(read_url, "daybook-prover", CONNECTIONS_MAX)
        .context("--read-database-url")?;
    let public = keys.private.public();
    let replaced = keys.replaced.len();
    tracing::info!(key = %public, replaced, retired = keys.retired.len(), "signs with this key");
    let memory = Memory::open(&settings.state_dir, &keys, settings.first).context("--state-dir")?;
    let signed = memory.last().checkpoint.size;
    tracing::info!(path = %memory.path().display(), signed, "remembers what was signed");
    let publisher = settings.publish_dir.as_ref();
    let publisher = publisher.map(|dir| Publisher::new(dir.clone(), settings.publish_entries));
    if let Some(publisher) = &publisher {
        // What only an operator can mend ends the start, and not each session.
        publisher.last_note(public.name()).await.context("--publish-dir")?;
    }
    let pools = vec![of_pool("log", log.clone()), of_pool("read", read.clone())];
    let store = Store::new(read, public.name());
    let metrics = Metrics::new();
    Ok((Prover { log: LogReader::new(log), store, keys, memory, publisher, metrics }, pools))
}

/// The databases, as they are looked at.
struct Databases {
    log: Database,
    read: Database,
}

impl Databases {
    fn new(settings: &Settings) -> anyhow::Result<Self> {
        let database = |name, url: &str, look| {
            let connector = Connector::new(url, "daybook-prover health")?;
            anyhow::Ok(Database { name, connector, look })
        };
        let read_url = settings.read_database_url.as_deref().filter(|url| !url.is_empty());
        let read_url = read_url.unwrap_or(&settings.log_database_url);
        Ok(Self {
            log: database("log", &settings.log_database_url, LOG_LOOK)?,
            read: database("read", read_url, READ_LOOK)?,
        })
    }

    /// Returns when both are there and set up for this service; what is away is waited for.
    async fn wait(&self) -> anyhow::Result<()> {
        setup::wait_for(&self.log, &LOG_NEEDS).await?;
        setup::wait_for(&self.read, &READ_NEEDS).await?;
        Ok(())
    }
}

async fn prove(
    prover: &mut Prover,
    interval: Duration,
    ready: watch::Sender<bool>,
    shutdown: &CancellationToken,
) {
    let (mut pause, mut failures) = (PAUSE_MIN, 0_u32);
    let repeats = Repeats::new();
    while !shutdown.is_cancelled() {
        let mut progress = false;
        let Err(error) = session(prover, interval, &ready, shutdown, &mut progress).await else {
            break;
        };
        if progress {
            (pause, failures) = (PAUSE_MIN, 0);
        }
        failures = failures.saturating_add(1);
        if failures >= FAILURES_MAX || matches!(error, SessionError::History(_)) {
            ready.send_replace(false);
        }
        let wait = match &error {
            SessionError::Lost => LOST_PAUSE,
            // Only an operator can mend that; looked at now and then.
            SessionError::History(_) => PAUSE_MAX,
            _ => pause,
        };
        postgres::give_up_connections_after(&error);
        let history = matches!(error, SessionError::History(_));
        let error = format!("{:#}", anyhow::Error::from(error));
        if let Some(left_out) = repeats.note(&error) {
            if history {
                tracing::error!(%error, repeated = left_out, "nothing is signed");
            } else {
                tracing::warn!(%error, ?wait, repeated = left_out, "proving was interrupted");
            }
        }
        pause = (pause * 2).min(PAUSE_MAX);
        wait_or_stop(wait, shutdown).await;
    }
}

/// One session, to its first failure or to the stop, which finishes the page in hand.
async fn session(
    prover: &mut Prover,
    interval: Duration,
    ready: &watch::Sender<bool>,
    shutdown: &CancellationToken,
    progress: &mut bool,
) -> Result<(), SessionError> {
    let mut session = bounded(Session::open(prover)).await?;
    while !shutdown.is_cancelled() {
        let level = bounded(session.advance()).await?;
        ready.send_replace(session.is_proven());
        *progress = true;
        tokio::select! {
            published = session.publish() => published?,
            () = stopped_for(PUBLISH_GRACE, shutdown) => {}
        }
        if level {
            wait_or_stop(interval, shutdown).await;
        }
    }
    Ok(())
}

async fn bounded<T>(
    work: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, SessionError> {
    tokio::time::timeout(ANSWER_BOUND, work)
        .await
        .unwrap_or(Err(SessionError::NoAnswer(ANSWER_BOUND)))
}

async fn stopped_for(grace: Duration, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(grace).await;
}

async fn wait_or_stop(wait: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = shutdown.cancelled() => {}
    }
}
