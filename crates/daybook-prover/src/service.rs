//! The service: one session after the other, until it is told to stop.

use std::time::Duration;

use anyhow::Context as _;
use daybook_eventlog::LogReader;
use daybook_runtime::server::Health;
use daybook_runtime::{postgres, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::key_file;
use crate::publish::Publisher;
use crate::session::{Desk, Session, SessionError};
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
    let desk = desk(&settings)?;
    let interval = Duration::from_millis(settings.interval_ms);
    let (routes, health) = server::routes("daybook.prover", None).await?;
    let serving = server::serve(listener, routes, health.clone(), shutdown.clone());
    let proving = prove(&desk, interval, health, &shutdown);
    // When serving fails, proving must not go on unseen.
    let serving = async { serving.await.inspect_err(|_| shutdown.cancel()) };
    let (served, ()) = tokio::join!(serving, proving);
    served
}

fn desk(settings: &Settings) -> anyhow::Result<Desk> {
    let keys = key_file::load(&settings.key_file).context("--key-file")?;
    let read_url = settings.read_database_url.as_deref().filter(|url| !url.is_empty());
    let read_url = read_url.unwrap_or(&settings.log_database_url);
    let log = postgres::pool(&settings.log_database_url, "daybook-prover", CONNECTIONS_MAX)
        .context("--log-database-url")?;
    let read = postgres::pool(read_url, "daybook-prover", CONNECTIONS_MAX)
        .context("--read-database-url")?;
    let public = keys.private.public();
    tracing::info!(key = %public, retired = keys.retired.len(), "signs with this key");
    Ok(Desk {
        log: LogReader::new(log),
        store: Store::new(read, public.name()),
        publisher: settings
            .publish_dir
            .as_ref()
            .map(|dir| Publisher::new(dir.clone(), settings.publish_entries)),
        keys,
    })
}

async fn prove(desk: &Desk, interval: Duration, health: Health, shutdown: &CancellationToken) {
    let mut pause = PAUSE_MIN;
    while !shutdown.is_cancelled() {
        let mut progress = false;
        let Err(error) = session(desk, interval, &health, shutdown, &mut progress).await else {
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
    desk: &Desk,
    interval: Duration,
    health: &Health,
    shutdown: &CancellationToken,
    progress: &mut bool,
) -> Result<(), SessionError> {
    let mut session = bounded(Session::open(desk)).await?;
    health.set(true).await;
    while !shutdown.is_cancelled() {
        let level = bounded(session.advance()).await?;
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
