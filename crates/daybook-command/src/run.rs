//! Puts the parts together, runs them, and stops them in order: no new calls, those in hand finish, then what feeds on
//! them. Calls and health are answered from the first moment; the parts follow as soon as the log is reached.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use daybook_bank::Bank;
use daybook_core::read_model::ReadModel;
use daybook_core::system::System;
use daybook_decider::reach::Reach;
use daybook_decider::{Metrics, Setup, WriteSide, past_snapshots};
use daybook_domains::{Daybook, READ_MODELS};
use daybook_eventlog::{Identity, LogReader, ReadError};
use daybook_keys::{KeyStore, KeyStoreError, destroy_forgotten};
use daybook_proto::v1::command_service_server::{CommandServiceServer, SERVICE_NAME};
use daybook_runtime::dependency::{Database, Dependency};
use daybook_runtime::health::Health;
use daybook_runtime::metrics::of_pool;
use daybook_runtime::postgres::Connector;
use daybook_runtime::repeats::Repeats;
use daybook_runtime::setup::{self, Need};
use daybook_runtime::trouble::Trouble;
use daybook_runtime::{postgres, server};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::service::{CommandApi, Desk, Eraser, Served};
use crate::settings::Settings;

/// Pause before the log, or the key store, is asked again at the start.
const START_PAUSE: Duration = Duration::from_millis(500);
/// How long the decider may take to finish once no call is in hand any more.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// Only a primary takes events.
const LOG_LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery() FROM log.head";
const LOG_NEEDS: [Need; 10] = [
    ("log.identity", "SELECT"),
    ("log.head", "SELECT"),
    ("log.head", "UPDATE"),
    ("log.events", "SELECT"),
    ("log.events", "INSERT"),
    ("log.commands", "SELECT"),
    ("log.commands", "INSERT"),
    ("log.snapshots", "SELECT"),
    ("log.snapshots", "INSERT"),
    ("log.write_probe", "INSERT"),
];
/// New keys are written.
const KEYS_LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery() AND (SELECT count(*) FROM (SELECT FROM keys.subjects LIMIT 1) s) >= 0";
const KEYS_NEEDS: [Need; 2] = [("keys.subjects", "SELECT"), ("keys.subjects", "INSERT")];

/// Runs the service of this build until `shutdown`; see [`serve`].
///
/// # Errors
/// As [`serve`].
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let bank = Bank { policy: settings.approval_not_needed_below.clone() };
    let domain = Daybook { bank, system: System };
    serve(settings, domain, &READ_MODELS, |_, routes| routes, listener, shutdown).await
}

/// Serves commands of a domain until `shutdown`, then finishes what is in hand. Operators may speak of its `read_models`;
/// `more` adds the services of other domains than the bank to the routes.
///
/// # Errors
/// When a setting is wrong, a database is not set up for this service, or the server fails. A database or Redis that is away
/// is waited for.
pub async fn serve<D: Served>(
    settings: Settings,
    domain: D,
    read_models: &'static [ReadModel],
    more: impl FnOnce(CommandApi<D>, Routes) -> Routes,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    settings.validate()?;
    daybook_runtime::metrics::start()?;
    let metrics = Metrics::register();
    let databases = Databases::new(&settings)?;
    let redis = settings.redis.server()?;
    let pools = vec![of_pool("log", databases.pool.clone())];
    let listen = settings.metrics_listen;
    daybook_runtime::metrics::serve(listen, "daybook-command", pools, shutdown.clone()).await?;

    let (routes, health) =
        server::routes(SERVICE_NAME, Some(daybook_proto::FILE_DESCRIPTOR_SET)).await?;
    let log = Dependency::on_database(databases.log.clone(), &health);
    let keys = databases.keys.clone().map(|(keys, _)| Dependency::on_database(keys, &health));
    let api = CommandApi::new(
        log.clone(),
        keys.clone(),
        settings.wait_max(),
        LogReader::new(databases.pool.clone()),
    );
    let service = CommandServiceServer::new(api.clone())
        .max_decoding_message_size(server::REQUEST_BYTES_MAX)
        .max_encoding_message_size(server::ANSWER_BYTES_MAX);
    tracing::info!(listen = %listener.local_addr()?, "daybook-command is starting");
    let routes = more(api.clone(), routes.add_service(service));
    let mut serving = Box::pin(server::serve(
        listener,
        &settings.connections,
        routes,
        health.clone(),
        shutdown.clone(),
    ));

    let identity = tokio::select! {
        served = &mut serving => return served,
        identity = wait_for_log(&databases) => identity?,
    };
    let setup = Setup {
        domain: Arc::new(domain),
        limits: settings.limits(),
        commands_max: settings.commands_max,
        clock_ahead_max: settings.clock_ahead_max(),
        redis,
        log: databases.pool.clone(),
        append: databases.append.clone(),
        keys: databases.keys.as_ref().map(|(_, store)| store.clone()),
    };
    let domain = Arc::clone(&setup.domain);
    let mut parts = WriteSide::start(setup, &identity, &metrics)?;
    if settings.snapshot_every > 0 {
        tokio::spawn(past_snapshots::fill(domain, databases.pool.clone(), shutdown.clone()));
    }
    let reach = parts.reach.clone();
    let log_reader = LogReader::new(databases.pool.clone());
    let desk = Desk::new(
        parts.submissions,
        (log_reader, read_models),
        (reach, keys),
        &settings,
        shutdown.clone(),
        metrics.overloaded,
    );
    let desk = Arc::new(desk);
    let _redis = Dependency::on_word("redis", parts.redis, &health);
    tokio::spawn(tell_ready(health, log, parts.reach));
    api.open(Arc::clone(&desk));
    tracing::info!(log.id = %identity.log_id, "serving commands");

    let open_keys = open_keys(&databases, &identity, &desk, &api, parts.keys_open, &shutdown);
    // A journal or decider that ends by itself has broken down; nothing could be decided any more.
    let served = tokio::select! {
        served = serving => served,
        Err(error) = open_keys => return Err(error),
        ended = &mut parts.decider => bail!("the decider broke down: {ended:?}"),
        ended = &mut parts.journal => bail!("the journal broke down: {ended:?}"),
    };
    // With the service and these the decider's inbox is gone: it finishes what it has and ends.
    drop((api, desk));
    if tokio::time::timeout(STOP_GRACE, parts.decider).await.is_err() {
        tracing::warn!("the fate of the last commands could not be settled in time");
    }
    let _written = tokio::time::timeout(STOP_GRACE, parts.snapshot_writer).await;
    parts.publisher_stop.cancel();
    parts.publisher.await.context("publisher")?;
    databases.pool.close().await;
    tracing::info!("stopped");
    served
}

/// The databases, and how they are reached.
struct Databases {
    log: Database,
    append: Connector,
    pool: PgPool,
    keys: Option<(Database, KeyStore)>,
}

impl Databases {
    fn new(settings: &Settings) -> anyhow::Result<Self> {
        let url = &settings.log_database_url;
        let connector = Connector::new(url, "daybook-command health")?;
        let log = Database { name: "log", connector, look: LOG_LOOK };
        let append = Connector::new(url, "daybook-command append")?;
        let pool = postgres::pool(url, "daybook-command load", settings.pool_size)?;
        let keys = settings.keys.store("daybook-command keys")?;
        let keys = match (keys, settings.keys.url()) {
            (Some(store), Some(url)) => {
                let connector = Connector::new(url, "daybook-command health")?;
                Some((Database { name: "keys", connector, look: KEYS_LOOK }, store))
            }
            _ => None,
        };
        if keys.is_none() {
            tracing::warn!(
                "no --keys-database-url: personal texts are recorded as they come, and nobody can be forgotten"
            );
        }
        Ok(Self { log, append, pool, keys })
    }
}

/// Returns when the log is there and set up for this service; while it is away this waits for it.
async fn wait_for_log(databases: &Databases) -> anyhow::Result<Identity> {
    setup::wait_for(&databases.log, &LOG_NEEDS).await?;
    let (log, repeats) = (LogReader::new(databases.pool.clone()), Repeats::new());
    loop {
        match log.identity().await {
            Ok(identity) => {
                postgres::warn_about_settings(&databases.pool).await;
                return Ok(identity);
            }
            Err(ReadError::Database(error)) if !Trouble::of(&error).is_setup() => {
                if let Some(left_out) = repeats.note("log") {
                    tracing::warn!(%error, repeated = left_out, "cannot read the log yet");
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(START_PAUSE).await;
    }
}

/// Lets keys be asked for, where there are any: once it is sure that the store is apart from the log and holds none of
/// a forgotten person. While the store is away this waits for it, and so do commands that need a key.
async fn open_keys<D: Served>(
    databases: &Databases,
    identity: &Identity,
    desk: &Arc<Desk<D>>,
    api: &CommandApi<D>,
    open: watch::Sender<bool>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let Some((database, keys)) = &databases.keys else { return Ok(()) };
    setup::wait_for(database, &KEYS_NEEDS).await?;
    let log = LogReader::new(databases.pool.clone());
    let repeats = Repeats::new();
    let forgotten = loop {
        let error = match check_keys(&databases.pool, &log, keys).await {
            Ok(forgotten) => break forgotten,
            Err(error) if is_not_apart(&error) => return Err(error),
            Err(error) => error,
        };
        if let Some(left_out) = repeats.note("keys") {
            let error = format!("{error:#}");
            tracing::warn!(%error, repeated = left_out, "cannot open the key store yet");
        }
        tokio::time::sleep(START_PAUSE).await;
    };
    tracing::info!(forgotten, "personal texts are sealed");
    open.send_replace(true);
    let count = identity.partition_count;
    let eraser = Arc::new(Eraser::new(Arc::clone(desk), log, keys.clone(), count));
    api.open_eraser(Arc::clone(&eraser));
    eraser.carry_on(shutdown.clone()).await;
    Ok(())
}

/// Destroys the keys of all forgotten subjects; gives how many there are.
async fn check_keys(pool: &PgPool, log: &LogReader, keys: &KeyStore) -> anyhow::Result<usize> {
    keys.check_apart(pool).await?;
    Ok(destroy_forgotten(log, keys).await?.len())
}

fn is_not_apart(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(KeyStoreError::NotApart))
}

/// SERVING while the log can be reached, also when nobody asks, and takes what it is sent.
async fn tell_ready(health: Health, log: Dependency, mut reach: watch::Receiver<Reach>) {
    let mut seen = log.watch();
    loop {
        let ready = seen.borrow_and_update().up && reach.borrow_and_update().serves();
        health.set(ready).await;
        let changed = tokio::select! {
            changed = seen.changed() => changed,
            changed = reach.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}
