//! Puts the parts together, runs them, and stops them in order: no new calls, those in hand finish, then what feeds on
//! them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use daybook_core::bank::Bank;
use daybook_eventlog::append::Appender;
use daybook_eventlog::{Identity, LogReader, ReadError};
use daybook_keys::{KeyStore, destroy_forgotten};
use daybook_outbox::{Publisher, PublisherSettings};
use daybook_proto::v1::command_service_server::{CommandServiceServer, SERVICE_NAME};
use daybook_runtime::postgres::{Connector, Refused};
use daybook_runtime::server::Health;
use daybook_runtime::telemetry::error_chain;
use daybook_runtime::{postgres, server};
use sqlx::Connection as _;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::decider::{Decider, Stores};
use crate::journal;
use crate::metrics::Metrics;
use crate::past_snapshots;
use crate::service::{CommandApi, Desk, Eraser};
use crate::settings::Settings;
use crate::sinks::Sinks;

/// Pause before the log is asked again at the start.
const START_PAUSE: Duration = Duration::from_millis(500);
/// How long the decider may take to finish once no call is in hand any more.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// Runs the service until `shutdown`, then finishes what is in hand.
///
/// # Errors
/// When a setting is wrong, the database holds no log, or the server fails. A database or Redis that is away is waited for.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    settings.validate()?;
    daybook_runtime::metrics::start()?;
    let metrics = Metrics::new();
    daybook_runtime::metrics::serve(settings.metrics_listen, shutdown.clone()).await?;
    let log_url = &settings.log_database_url;
    let append = Connector::new(log_url, "daybook-command append")?;
    let appender = Appender::new(append.options()).clock_ahead_max(settings.clock_ahead_max());
    let check = append.clone();
    let appender = appender.after_connect(move |connection| {
        let check = check.clone();
        Box::pin(async move { check.check(connection).await })
    });
    let pool = postgres::pool(log_url, "daybook-command load", settings.pool_size)?;
    let Some(identity) = wait_for_log(&append, &pool, &shutdown).await? else { return Ok(()) };
    postgres::warn_about_settings(&pool).await;

    let keys = settings.keys.store("daybook-command keys")?;
    match &keys {
        Some(keys) => keys.check_apart(&pool).await?,
        None => tracing::warn!(
            "no --keys-database-url: personal texts are recorded as they come, and nobody can be forgotten"
        ),
    }

    let domain = Arc::new(Bank { policy: settings.approval_not_needed_below.clone() });
    let (publisher_handle, publisher) = Publisher::new(PublisherSettings::new(
        &settings.redis_url,
        identity.log_id,
        identity.partition_count,
    ))?;
    let publisher_stop = CancellationToken::new();
    let publisher = tokio::spawn(publisher.run(publisher_stop.clone()));
    let (sinks, snapshot_writer) =
        Sinks::start(publisher_handle, Arc::clone(&domain), pool.clone(), &metrics);

    if settings.snapshot_every > 0 {
        tokio::spawn(past_snapshots::fill(Arc::clone(&domain), pool.clone(), shutdown.clone()));
    }

    let (jobs, job_inbox) = mpsc::channel(1);
    let (outcomes, outcome_inbox) = mpsc::channel(1);
    let (reachable, is_reachable) = watch::channel(false);
    let (submissions, inbox) = mpsc::channel(settings.commands_max);
    let mut journal = tokio::spawn(journal::run(appender, job_inbox, outcomes));
    let decider = Decider::new(
        domain,
        settings.limits(),
        Stores { log: pool.clone(), keys: keys.clone() },
        sinks,
        jobs,
        reachable,
        metrics.clone(),
    );
    let mut decider = tokio::spawn(decider.run(inbox, outcome_inbox));

    let (routes, health) =
        server::routes(SERVICE_NAME, Some(daybook_proto::FILE_DESCRIPTOR_SET)).await?;
    tokio::spawn(tell_health(health.clone(), is_reachable.clone(), shutdown.clone()));
    let desk = Desk::new(
        submissions,
        LogReader::new(pool.clone()),
        is_reachable,
        &settings,
        shutdown.clone(),
        metrics.overloaded,
    );
    let desk = Arc::new(desk);
    let eraser = match keys {
        Some(keys) => Some(start_eraser(&desk, &pool, keys, &identity, &shutdown).await?),
        None => None,
    };
    let service =
        CommandServiceServer::new(CommandApi::new(desk, eraser, LogReader::new(pool.clone())))
            .max_decoding_message_size(server::MESSAGE_BYTES_MAX)
            .max_encoding_message_size(server::MESSAGE_BYTES_MAX);
    tracing::info!(listen = %listener.local_addr()?, log.id = %identity.log_id, "serving commands");

    // A journal or decider that ends by itself has broken down; nothing could be decided any more.
    let served = tokio::select! {
        served = server::serve(listener, &settings.connections, routes.add_service(service), health, shutdown) => served,
        ended = &mut decider => bail!("the decider broke down: {ended:?}"),
        ended = &mut journal => bail!("the journal broke down: {ended:?}"),
    };
    // The service is gone and with it the decider's inbox: it finishes what it has and ends.
    if tokio::time::timeout(STOP_GRACE, decider).await.is_err() {
        tracing::warn!("the fate of the last commands could not be settled in time");
    }
    let _written = tokio::time::timeout(STOP_GRACE, snapshot_writer).await;
    publisher_stop.cancel();
    publisher.await.context("publisher")?;
    pool.close().await;
    tracing::info!("stopped");
    served
}

/// Destroys the keys of everybody who is forgotten before anything is sealed, and finishes what was left undone.
async fn start_eraser(
    desk: &Arc<Desk>,
    pool: &sqlx::PgPool,
    keys: KeyStore,
    identity: &Identity,
    shutdown: &CancellationToken,
) -> anyhow::Result<Arc<Eraser>> {
    let log = LogReader::new(pool.clone());
    let forgotten = destroy_forgotten(&log, &keys).await?;
    tracing::info!(forgotten = forgotten.len(), "personal texts are sealed");
    let eraser = Arc::new(Eraser::new(Arc::clone(desk), log, keys, identity.partition_count));
    tokio::spawn(Arc::clone(&eraser).carry_on(shutdown.clone()));
    Ok(eraser)
}

/// Waits until the database answers. `None`: stopped before it did.
async fn wait_for_log(
    connector: &Connector,
    pool: &sqlx::PgPool,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<Identity>> {
    let log = LogReader::new(pool.clone());
    // Over one connection first, which says why it cannot be made; a pool says only that it has none.
    let look = async || {
        connector.connect().await?.close().await?;
        log.identity().await
    };
    loop {
        let identity = tokio::select! {
            () = shutdown.cancelled() => return Ok(None),
            identity = look() => identity,
        };
        match identity {
            Ok(identity) => return Ok(Some(identity)),
            Err(error) if is_permanent(&error) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(error = %error_chain(&error), "cannot reach the log yet");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return Ok(None),
            () = tokio::time::sleep(START_PAUSE) => {}
        }
    }
}

/// Errors that waiting does not mend: no log there, no right to it, a wrong password or database.
fn is_permanent(error: &ReadError) -> bool {
    match error {
        ReadError::Database(sqlx::Error::Database(error)) => {
            matches!(
                error.code().as_deref().and_then(|code| code.get(..2)),
                Some("28" | "3D" | "3F" | "42")
            )
        }
        ReadError::Database(error) => Refused::of(error).is_some_and(|refused| !refused.passes()),
        ReadError::NoLog | ReadError::Corrupt { .. } | ReadError::Undecodable { .. } => true,
    }
}

/// SERVING while the log takes events.
async fn tell_health(
    health: Health,
    mut reachable: watch::Receiver<bool>,
    shutdown: CancellationToken,
) {
    loop {
        let is_reachable = *reachable.borrow_and_update();
        if shutdown.is_cancelled() {
            return;
        }
        health.set(is_reachable).await;
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = reachable.changed() => if changed.is_err() { return },
        }
    }
}
