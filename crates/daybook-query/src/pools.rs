//! The connections of the query service: small, bounded waits everywhere, nothing kept open between answers.

use std::time::Duration;

use daybook_runtime::postgres::{Connector, InvalidUrl};
use sqlx::PgPool;

use crate::settings::QuerySettings;

/// A standby will do for answers. How long one that was taken for the primary for a while, or fell behind, is asked on after the
/// address leads elsewhere.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(60);

/// Connections to the two databases. Both connect when first used, so that the service starts while they are away.
pub(crate) struct Pools {
    pub(crate) log: Source,
    pub(crate) read: Source,
}

/// A pool, and what makes its connections.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) pool: PgPool,
    pub(crate) connector: Connector,
}

impl Pools {
    pub(crate) fn new(settings: &QuerySettings) -> Result<Self, InvalidUrl> {
        Ok(Self {
            log: source(settings, &settings.log_database_url)?,
            read: source(settings, settings.read_database_url())?,
        })
    }

    /// Ends all connections; nobody may be using one.
    pub(crate) async fn close(self) {
        tokio::join!(self.log.pool.close(), self.read.pool.close());
    }
}

fn source(settings: &QuerySettings, url: &str) -> Result<Source, InvalidUrl> {
    let connector = Connector::new(url, "daybook-query")?
        .or_standby()
        // What the caller no longer waits for, the server no longer works on.
        .setting("statement_timeout", format!("{}ms", settings.query_max_ms))
        // Optional filters (`$1 IS NULL OR …`) and a plan made while a table was small: planned for the values at hand,
        // both use the index. It costs a fraction of a round trip.
        .setting("plan_cache_mode", "force_custom_plan")
        // The role can only SELECT; this says so a second time.
        .setting("default_transaction_read_only", "on");
    let pool = connector
        .pool_options()
        .max_connections(settings.pool_size)
        .acquire_timeout(settings.acquire_max())
        .max_lifetime(CONNECTION_LIFETIME)
        .connect_lazy_with(connector.options());
    Ok(Source { pool, connector })
}
