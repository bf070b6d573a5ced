//! The service: what is connected to what, and how it stops.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use daybook_core::event::EventPayload;
use daybook_eventlog::{Identity, ReadError};
use daybook_keys::KeyStoreError;
use daybook_outbox::{Drain, DrainSettings, Lists, RedisServer};
use daybook_runtime::dependency::{Database, Dependency, tell_ready};
use daybook_runtime::health::Health;
use daybook_runtime::metrics::of_pool;
use daybook_runtime::postgres::{Connector, InvalidUrl};
use daybook_runtime::repeats::Repeats;
use daybook_runtime::server;
use daybook_runtime::setup::{self, Need};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::housekeeping;
use crate::lease::{Keeper, Member};
use crate::log::{Connections, Log};
use crate::progress;
use crate::projection::Projection;
use crate::runner::{self, Ties};
use crate::session::Desk;
use crate::settings::Settings;

/// What is folded.
type Projections<E> = Vec<Arc<dyn Projection<E>>>;

/// One for the transactions, one in reserve while a lost one is being noticed.
const READ_CONNECTIONS_MAX: u32 = 2;

/// A connection of their own: heartbeats that hang must not leave the transactions without one.
const HEARTBEAT_CONNECTIONS_MAX: u32 = 1;

/// Nor must a table that is being dropped.
const HOUSEKEEPING_CONNECTIONS_MAX: u32 = 1;

/// How often the log, or the key store, is asked again while it does not answer.
const WAIT: Duration = Duration::from_secs(1);

/// A primary: what a standby has is late, and read models are written.
const LOG_LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery() FROM log.head";
const LOG_NEEDS: [Need; 3] =
    [("log.identity", "SELECT"), ("log.head", "SELECT"), ("log.events", "SELECT")];
const READ_LOOK: &str = "SELECT NOT pg_catalog.pg_is_in_recovery() AND \
    (SELECT count(*) FROM (SELECT FROM read.projections LIMIT 1) one) >= 0";
const READ_NEEDS: [Need; 4] = [
    ("read.projections", "SELECT"),
    ("read.checkpoints", "UPDATE"),
    ("read.instances", "INSERT"),
    ("read.leases", "INSERT"),
];
const KEYS_LOOK: &str = "SELECT count(*) >= 0 FROM (SELECT FROM keys.subjects LIMIT 1) one";
const KEYS_NEEDS: [Need; 2] = [("keys.subjects", "SELECT"), ("keys.word_key", "SELECT")];

/// Fills the read models of those of `projections` that the settings choose, until `shutdown`; databases and Redis may come later or go away in between. Serves health on `listener`:
/// SERVING while both databases can be reached and it projects.
///
/// # Errors
/// When a setting is wrong, a database is not set up for this service, or the listener fails.
pub async fn run<E: EventPayload>(
    settings: Settings,
    projections: Projections<E>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let desk = desk(&settings, &projections)?;
    let redis = settings.redis.server()?;
    let databases = Databases::new(&settings)?;
    daybook_runtime::metrics::start()?;
    let pools = vec![of_pool("log", desk.log.pool.clone()), of_pool("read", desk.read.clone())];
    let listen = settings.metrics_listen;
    daybook_runtime::metrics::serve(listen, "daybook-projector", pools, shutdown.clone()).await?;
    let (routes, health) = server::routes("daybook.projector", None).await?;
    let connections = settings.connections.clone();
    let serving = server::serve(listener, &connections, routes, health.clone(), shutdown.clone());
    let projecting = async {
        let _keys = databases.keys.clone().map(|keys| Dependency::on_database(keys, &health));
        let needed = [&databases.log, &databases.read]
            .map(|database| Dependency::on_database(database.clone(), &health));
        let (ready, is_ready) = watch::channel(false);
        tokio::spawn(tell_ready(health.clone(), needed.to_vec(), Some(is_ready)));
        let identity = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            identity = databases.wait(&desk) => identity?,
        };
        project(settings, redis, (desk, projections), identity, (health, ready), shutdown.clone())
            .await
    };
    // When one fails the other must not go on alone.
    tokio::try_join!(async { serving.await.inspect_err(|_| shutdown.cancel()) }, async {
        projecting.await.inspect_err(|_| shutdown.cancel())
    },)?;
    Ok(())
}

/// Connects leases, messages and the loop. The loop ends first; then the leases are given back, so that nobody else takes
/// over what is still being worked on.
async fn project<E: EventPayload>(
    settings: Settings,
    redis: RedisServer,
    (desk, projections): (Desk<E>, Projections<E>),
    identity: Identity,
    (health, ready): (Health, watch::Sender<bool>),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let (assigned, assignment) = watch::channel(None);
    let (held, worked_on) = watch::channel(BTreeSet::new());
    let no_lists = Lists { log_id: identity.log_id, partitions: Vec::new() };
    let (lists, chosen_lists) = watch::channel(no_lists);
    let (sender, messages) = mpsc::channel(1);
    let drain = Drain::new(DrainSettings {
        redis,
        group: settings.group.clone(),
        lists: chosen_lists,
        positions_max: desk.page(),
    })
    .context("Redis")?;
    let read_url = settings.read_database_url.as_ref().unwrap_or(&settings.log_database_url);
    let uncounted = Connections::default();
    let pool = read_pool(read_url, HEARTBEAT_CONNECTIONS_MAX, &uncounted);
    let pool = pool.context("--read-database-url")?;
    let count = identity.partition_count;
    let keeper = Keeper::new(pool, member(&settings), count, assigned, worked_on);
    let cleaning = read_pool(read_url, HOUSEKEEPING_CONNECTIONS_MAX, &uncounted);
    let cleaning = cleaning.context("--read-database-url")?;
    let _redis = Dependency::on_word("redis", drain.reached(), &health);
    let no_longer_working = CancellationToken::new();
    // On tasks of their own, which end with this one however it ends: nobody beats for a loop that is gone.
    let draining = AbortOnDropHandle::new(tokio::spawn(drain.run(sender, shutdown.clone())));
    let looking = progress::run(desk.log.reader.clone(), cleaning.clone(), health);
    let _looking = AbortOnDropHandle::new(tokio::spawn(looking));
    let cleaning = housekeeping::run(desk.log.reader.clone(), cleaning, projections);
    let _cleaning = AbortOnDropHandle::new(tokio::spawn(cleaning));
    let keeping = AbortOnDropHandle::new(tokio::spawn(keeper.run(no_longer_working.clone())));
    runner::run(desk, identity, Ties { assignment, held, lists, messages, ready }, shutdown).await;
    no_longer_working.cancel();
    keeping.await.context("keep the leases")?;
    draining.await.context("drain the outbox")
}

/// This instance among those of its group.
fn member(settings: &Settings) -> Member {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "host" } else { host.trim() };
    // A process id may come again, on this host or in another container.
    let chance = uuid::Uuid::new_v4().simple().to_string();
    let mut projections = settings.projections.clone();
    projections.sort_unstable();
    projections.dedup();
    Member {
        group: settings.group.to_string(),
        name: format!("{host}-{}-{}", std::process::id(), &chance[..8]),
        projections,
    }
}

fn desk<E>(settings: &Settings, projections: &[Arc<dyn Projection<E>>]) -> anyhow::Result<Desk<E>> {
    let read_url = settings.read_database_url.as_ref().unwrap_or(&settings.log_database_url);
    let read_connections = Connections::default();
    let read = read_pool(read_url, READ_CONNECTIONS_MAX, &read_connections);
    Ok(Desk {
        log: Log::new(&settings.log_database_url).context("--log-database-url")?,
        read: read.context("--read-database-url")?,
        read_connections,
        keys: settings.keys.store("daybook-projector").context("--keys-database-url")?,
        projections: chosen(&settings.projections, projections)?,
        batch_events_max: settings.batch_events_max,
        poll_interval: Duration::from_millis(settings.poll_interval_ms),
    })
}

fn chosen<E>(names: &[String], all: &[Arc<dyn Projection<E>>]) -> anyhow::Result<Projections<E>> {
    let known: Vec<_> = all.iter().map(|projection| projection.name()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("--projection `{unknown}` is none of {}", known.join(", "));
    }
    let chosen = |name: &str| names.is_empty() || names.iter().any(|chosen| chosen == name);
    Ok(all.iter().filter(|projection| chosen(projection.name())).cloned().collect())
}

/// Commits here need not wait for the disk: rows and checkpoint go together, and what a crash of the server takes back
/// is folded from the log again, which did wait.
fn read_pool(
    url: &str,
    connections_max: u32,
    connections: &Connections,
) -> Result<PgPool, InvalidUrl> {
    let connector = Connector::new(url, "daybook-projector")?
        .setting("synchronous_commit", "off")
        // An instance that is paused inside a transaction keeps nobody from taking over.
        .setting("idle_in_transaction_session_timeout", "3s");
    Ok(connections.pool(&connector, connections_max))
}

/// The databases, as they are looked at.
struct Databases {
    log: Database,
    read: Database,
    keys: Option<Database>,
}

impl Databases {
    fn new(settings: &Settings) -> anyhow::Result<Self> {
        let database = |name, url: &str, look| {
            let connector = Connector::new(url, "daybook-projector health")?;
            anyhow::Ok(Database { name, connector, look })
        };
        let read_url = settings.read_database_url.as_ref().unwrap_or(&settings.log_database_url);
        Ok(Self {
            log: database("log", &settings.log_database_url, LOG_LOOK)?,
            read: database("read", read_url, READ_LOOK)?,
            keys: settings.keys.url().map(|url| database("keys", url, KEYS_LOOK)).transpose()?,
        })
    }

    /// Returns when all are there and set up for this service, with the log's identity, which says how many partitions there
    /// are. What is away is waited for.
    async fn wait<E>(&self, desk: &Desk<E>) -> anyhow::Result<Identity> {
        setup::wait_for(&self.log, &LOG_NEEDS).await?;
        setup::wait_for(&self.read, &READ_NEEDS).await?;
        if let Some(keys) = &self.keys {
            setup::wait_for(keys, &KEYS_NEEDS).await?;
        }
        let repeats = Repeats::new();
        loop {
            let error = match identity_apart(desk).await {
                Ok(identity) => return Ok(identity),
                Err(error) if is_permanent(&error) => return Err(error),
                Err(error) => format!("{error:#}"),
            };
            if let Some(left_out) = repeats.note(&error) {
                tracing::warn!(%error, repeated = left_out, "waiting for the log and the key store");
            }
            tokio::time::sleep(WAIT).await;
        }
    }
}

/// The log's identity; refuses keys that lie beside the log.
async fn identity_apart<E>(desk: &Desk<E>) -> anyhow::Result<Identity> {
    let identity = desk.log.reader.identity().await?;
    if let Some(keys) = &desk.keys {
        keys.check_apart(&desk.log.pool).await.context("--keys-database-url")?;
    }
    Ok(identity)
}

/// What waiting does not mend.
fn is_permanent(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(KeyStoreError::NotApart))
        || matches!(error.downcast_ref(), Some(ReadError::NoLog))
}
