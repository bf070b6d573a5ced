//! The service: what is connected to what, and how it stops.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use daybook_core::bank::BankEvent;
use daybook_core::partition::Partition;
use daybook_eventlog::Identity;
use daybook_outbox::{Drain, DrainSettings};
use daybook_runtime::{postgres, server};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::log::Log;
use crate::projection::Projection;
use crate::projections;
use crate::runner::{self, wait_or_stop};
use crate::session::Desk;
use crate::settings::Settings;

/// One for the transactions, one in reserve while a lost one is being noticed.
const READ_CONNECTIONS_MAX: u32 = 2;

/// Messages in bytes that are popped at once.
const POP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How often the log is looked for while there is none yet.
const LOG_WAIT: Duration = Duration::from_secs(1);

/// Projects until `shutdown`; databases and Redis may come later or go away in between. Serves health on `listener`:
/// SERVING as soon as the read models are open.
///
/// # Errors
/// When a setting is wrong or the listener fails.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let desk = desk(&settings)?;
    daybook_outbox::check_url(&settings.redis_url).context("--redis-url")?;
    let (routes, health) = server::routes("daybook.projector", None).await?;
    let serving = server::serve(listener, routes, health.clone(), shutdown.clone());
    let projecting = async {
        let Some(identity) = wait_for_log(&desk.log, &shutdown).await else { return Ok(()) };
        let (sender, messages) = mpsc::channel(1);
        let drain = Drain::new(DrainSettings {
            redis_url: settings.redis_url,
            group: settings.group,
            partitions: (0..identity.partition_count).map(Partition).collect(),
            messages_max: usize::try_from(settings.batch_events_max)?,
            bytes_max: POP_BYTES_MAX,
        })
        .context("--redis-url")?;
        let drain = tokio::spawn(drain.run(sender, shutdown.clone()));
        runner::run(desk, identity, messages, health, shutdown.clone()).await;
        drain.await.context("drain the outbox")
    };
    // When one fails the other must not go on alone.
    tokio::try_join!(async { serving.await.inspect_err(|_| shutdown.cancel()) }, async {
        projecting.await.inspect_err(|_| shutdown.cancel())
    },)?;
    Ok(())
}

fn desk(settings: &Settings) -> anyhow::Result<Desk<BankEvent>> {
    let read_url = settings.read_database_url.as_ref().unwrap_or(&settings.log_database_url);
    Ok(Desk {
        log: Log::new(&settings.log_database_url).context("--log-database-url")?,
        read: read_pool(read_url).context("--read-database-url")?,
        projections: chosen(&settings.projections)?,
        batch_events_max: settings.batch_events_max,
        poll_interval: Duration::from_millis(settings.poll_interval_ms),
    })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Arc<dyn Projection<BankEvent>>>> {
    let all = projections::all();
    let known: Vec<_> = all.iter().map(|projection| projection.name()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("--projection `{unknown}` is none of {}", known.join(", "));
    }
    let chosen = |name: &str| names.is_empty() || names.iter().any(|chosen| chosen == name);
    Ok(all.into_iter().filter(|projection| chosen(projection.name())).collect())
}

/// Commits here need not wait for the disk: rows and checkpoint go together, and what a crash of the server takes back
/// is folded from the log again, which did wait.
fn read_pool(url: &str) -> Result<PgPool, postgres::InvalidUrl> {
    let options = postgres::options(url, "daybook-projector")?;
    Ok(PgPoolOptions::new()
        .max_connections(READ_CONNECTIONS_MAX)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options.options([("synchronous_commit", "off")])))
}

/// The log's identity, which says how many partitions there are; `None` when stopped before there is one.
async fn wait_for_log(log: &Log, shutdown: &CancellationToken) -> Option<Identity> {
    while !shutdown.is_cancelled() {
        match log.reader.identity().await {
            Ok(identity) => return Some(identity),
            Err(error) => {
                let error = anyhow::Error::from(error);
                tracing::warn!(error = %format!("{error:#}"), "waiting for the log");
                wait_or_stop(LOG_WAIT, shutdown).await;
            }
        }
    }
    None
}
