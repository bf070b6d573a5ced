//! The service's life: connect, serve, stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use daybook_proto::FILE_DESCRIPTOR_SET;
use daybook_proto::v1::query_service_server::QueryServiceServer;
use daybook_runtime::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::consistency::{ReadModels, read_checkpoints};
use crate::database::Database;
use crate::error::{DatabaseName, QueryError};
use crate::log::Log;
use crate::personal::Opener;
use crate::pools::Pools;
use crate::service::Service;
use crate::settings::QuerySettings;

/// Serves on `listener` until `shutdown`, then finishes the calls in hand. It starts while its databases are away, and
/// answers UNAVAILABLE until they are there.
///
/// # Errors
/// When the settings contradict each other, the key store is not apart from the log, the listener fails, or calls in hand
/// do not finish.
pub async fn run(
    settings: QuerySettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    settings.check()?;
    let pools = Pools::new(&settings)?;
    let keys = settings.keys.store("daybook-query").context("--keys-database-url")?;
    let opener = Opener::new(keys, settings.acquire_max());
    opener.check_apart(&pools.log.pool).await?;
    let log = Database::new(DatabaseName::Log, pools.log.clone(), &settings);
    let log = Arc::new(Log::new(log));
    let read = Database::new(DatabaseName::ReadModels, pools.read.clone(), &settings);
    let read_models = Arc::new(ReadModels::new(read));
    let interval = settings.poll_interval();
    let look_max = settings.query_max();

    let address = listener.local_addr().context("listen")?;
    let connections = settings.connections.clone();
    let service = Service::new(settings, Arc::clone(&log), Arc::clone(&read_models), opener);
    let service = QueryServiceServer::new(service)
        .max_decoding_message_size(server::MESSAGE_BYTES_MAX)
        .max_encoding_message_size(server::MESSAGE_BYTES_MAX);
    let (routes, health) =
        server::routes("daybook.v1.QueryService", Some(FILE_DESCRIPTOR_SET)).await?;
    health.set(true).await;
    tracing::info!(%address, "answering questions");

    // Whoever waits when the stop comes waits on, within bounds; so the watchers end with the last call, not before.
    tokio::select! {
        served = server::serve(listener, &connections, routes.add_service(service), health, shutdown) => served?,
        () = watch(&log, &read_models, interval, look_max) => {}
    }
    pools.close().await;
    tracing::info!("stopped");
    Ok(())
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
