//! The service: one session after the other, until it is told to stop.

use std::time::Duration;

use anyhow::Context as _;
use daybook_eventlog::LogReader;
use daybook_runtime::server::Health;
use daybook_runtime::{postgres, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::key_file;
use crate::memory::Memory;
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
    let mut prover = prover(&settings).await?;
    let interval = Duration::from_millis(settings.interval_ms);
    let (routes, health) = server::routes("daybook.prover", None).await?;
    let serving =
        server::serve(listener, &settings.connections, routes, health.clone(), shutdown.clone());
    let proving = prove(&mut prover, interval, health, &shutdown);
    // When serving fails, proving must not go on unseen.
    let serving = async { serving.await.inspect_err(|_| shutdown.cancel()) };
    let (served, ()) = tokio::join!(serving, proving);
    served
}

async fn prover(settings: &Settings) -> anyhow::Result<Prover> {
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
    let store = Store::new(read, public.name());
    Ok(Prover { log: LogReader::new(log), store, keys, memory, publisher })
}

async fn prove(
    prover: &mut Prover,
    interval: Duration,
    health: Health,
    shutdown: &CancellationToken,
) {
    let mut pause = PAUSE_MIN;
    while !shutdown.is_cancelled() {
        let mut progress = false;
        let Err(error) = session(prover, interval, &health, shutdown, &mut progress).await else {
            break;
        };
        if progress {
            pause = PAUSE_MIN;
        }
        health.set(false).await;
        let wait = match &error {
            SessionError::Lost => LOST_PAUSE,
            // Only an operator can mend that; looked at now and then.
            SessionError::History(_) => PAUSE_MAX,
            _ => pause,
        };
        postgres::give_up_connections_after(&error);
        let history = matches!(error, SessionError::History(_));
        let error = format!("{:#}", anyhow::Error::from(error));
        if history {
            tracing::error!(%error, "nothing is signed");
        } else {
            tracing::warn!(%error, ?wait, "proving was interrupted");
        }
        pause = (pause * 2).min(PAUSE_MAX);
        wait_or_stop(wait, shutdown).await;
    }
}

/// One session, to its first failure or to the stop, which finishes the page in hand.
async fn session(
    prover: &mut Prover,
    interval: Duration,
    health: &Health,
    shutdown: &CancellationToken,
    progress: &mut bool,
) -> Result<(), SessionError> {
    let mut session = bounded(Session::open(prover)).await?;
    while !shutdown.is_cancelled() {
        let level = bounded(session.advance()).await?;
        health.set(session.is_proven()).await;
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
