//! The service's life: connect, serve, stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use daybook_proto::FILE_DESCRIPTOR_SET;
use daybook_proto::v1::query_service_server::QueryServiceServer;
use daybook_runtime::dependency::{self, Dependency, tell_ready};
use daybook_runtime::metrics::of_pool;
use daybook_runtime::postgres::Connector;
use daybook_runtime::server;
use daybook_runtime::setup::{self, Need};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::consistency::{ReadModels, read_checkpoints};
use crate::database::Database;
use crate::error::{DatabaseName, QueryError};
use crate::log::Log;
use crate::metrics;
use crate::personal::Opener;
use crate::pools::Pools;
use crate::service::Service;
use crate::settings::QuerySettings;

const LOG_LOOK: &str = "SELECT count(*) >= 0 FROM (SELECT FROM log.head LIMIT 1) head";
const LOG_NEEDS: [Need; 5] = [
    ("log.identity", "SELECT"),
    ("log.head", "SELECT"),
    ("log.events", "SELECT"),
    ("log.commands", "SELECT"),
    ("log.snapshots", "SELECT"),
];
const READ_LOOK: &str = "SELECT count(*) >= 0 FROM (SELECT FROM read.projections LIMIT 1) one";
const READ_NEEDS: [Need; 5] = [
    ("read.projections", "SELECT"),
    ("read.checkpoints", "SELECT"),
    ("read.live_instances", "SELECT"),
    ("proof.trees", "SELECT"),
    ("proof.checkpoints", "SELECT"),
];
const KEYS_LOOK: &str = "SELECT count(*) >= 0 FROM (SELECT FROM keys.subjects LIMIT 1) one";
const KEYS_NEEDS: [Need; 2] = [("keys.subjects", "SELECT"), ("keys.word_key", "SELECT")];

/// Serves on `listener` until `shutdown`, then finishes the calls in hand. It starts while its databases are away, and
/// answers UNAVAILABLE until they are there. SERVING while the read models' database can be reached.
///
/// # Errors
/// When the settings contradict each other, a database is not set up for this service, the key store is not apart from the
/// log, the listener fails, or calls in hand do not finish.
pub async fn run(
    settings: QuerySettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    settings.check()?;
    daybook_runtime::metrics::start()?;
    metrics::describe();
    let pools = Pools::new(&settings)?;
    let measures =
        vec![of_pool("log", pools.log.pool.clone()), of_pool("read", pools.read.pool.clone())];
    let listen = settings.metrics_listen;
    daybook_runtime::metrics::serve(listen, "daybook-query", measures, shutdown.clone()).await?;
    let databases = Databases::new(&settings)?;
    let keys = settings.keys.store("daybook-query").context("--keys-database-url")?;
    let opener = Arc::new(Opener::new(keys, settings.acquire_max()));
    let log = Database::new(DatabaseName::Log, pools.log.clone(), &settings);
    let log = Arc::new(Log::new(log));
    let read = Database::new(DatabaseName::ReadModels, pools.read.clone(), &settings);
    let read_models = Arc::new(ReadModels::new(read));
    let interval = settings.poll_interval();
    let look_max = settings.query_max();

    let address = listener.local_addr().context("listen")?;
    let connections = settings.connections.clone();
    let service =
        Service::new(settings, Arc::clone(&log), Arc::clone(&read_models), Arc::clone(&opener));
    let service = QueryServiceServer::new(service)
        .max_decoding_message_size(server::REQUEST_BYTES_MAX)
        .max_encoding_message_size(server::ANSWER_BYTES_MAX);
    let (routes, health) =
        server::routes("daybook.v1.QueryService", Some(FILE_DESCRIPTOR_SET)).await?;
    let _log = Dependency::on_database(databases.log.clone(), &health);
    let _keys = databases.keys.clone().map(|keys| Dependency::on_database(keys, &health));
    let read = Dependency::on_database(databases.read.clone(), &health);
    let ready = async {
        setup::wait_for(&databases.read, &READ_NEEDS).await?;
        tell_ready(health.clone(), vec![read], None).await;
        anyhow::Ok(())
    };
    tracing::info!(%address, "answering questions");

    // Whoever waits when the stop comes waits on, within bounds; so the watchers end with the last call, not before.
    tokio::select! {
        served = server::serve(listener, &connections, routes.add_service(service), health.clone(), shutdown) => served?,
        () = watch(&log, &read_models, interval, look_max) => {}
        Err(error) = ready => return Err(error),
        Err(error) = databases.check(&opener, &pools.log.pool) => return Err(error),
    }
    pools.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// The databases, as they are looked at.
struct Databases {
    log: dependency::Database,
    read: dependency::Database,
    keys: Option<dependency::Database>,
}

impl Databases {
    fn new(settings: &QuerySettings) -> anyhow::Result<Self> {
        let database = |name, url: &str, look| {
            let connector = Connector::new(url, "daybook-query health")?.or_standby();
            anyhow::Ok(dependency::Database { name, connector, look })
        };
        Ok(Self {
            log: database("log", &settings.log_database_url, LOG_LOOK)?,
            read: database("read", settings.read_database_url(), READ_LOOK)?,
            keys: settings.keys.url().map(|url| database("keys", url, KEYS_LOOK)).transpose()?,
        })
    }

    /// Whether the log and the key store are set up for this service; one that is away is waited for.
    async fn check(&self, opener: &Opener, log: &PgPool) -> anyhow::Result<()> {
        let keys = async {
            let Some(keys) = &self.keys else { return Ok(()) };
            setup::wait_for(keys, &KEYS_NEEDS).await?;
            opener.check_apart(log).await
        };
        let log = async { anyhow::Ok(setup::wait_for(&self.log, &LOG_NEEDS).await?) };
        tokio::try_join!(log, keys)?;
        Ok(())
    }
}

/// Looks at the checkpoints and at the head, each while somebody waits for it; never ends.
async fn watch(log: &Log, read_models: &ReadModels, interval: Duration, look_max: Duration) {
    let checkpoints = || async move {
        let look = read_checkpoints(read_models.database.pool(), &[], None);
        tokio::time::timeout(look_max, look).await.unwrap_or(Err(QueryError::TooSlow))
    };
    let head = async || match tokio::time::timeout(look_max, log.reader.head()).await {
        Ok(head) => Ok(head?.position),
        Err(_) => Err(QueryError::TooSlow),
    };
    tokio::join!(read_models.watcher().run(interval, checkpoints), log.heads().run(interval, head),);
}
