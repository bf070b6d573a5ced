//! Connections to PostgreSQL. Whoever may hold a lock or keep a caller waiting is bounded by the server itself, because a
//! client that is paused or cut off can no longer be asked to let go.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Session settings of every connection of ours, each for its reason.
const SESSION: [(&str, &str); 10] = [
    // An acknowledged command is durable, whatever the server's default.
    ("synchronous_commit", "on"),
    // A statement fed from arrays is estimated large and would be compiled anew each time: 350 ms instead of 1.
    ("jit", "off"),
    ("default_transaction_isolation", "read committed"),
    // Nobody holds the head row longer than this, however slow or gone its client is.
    ("idle_in_transaction_session_timeout", "10s"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "30s"),
    // A client that vanished without a FIN is noticed within about 20 s.
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "2"),
    ("tcp_user_timeout", "20s"),
];

/// Why a database URL cannot be used. The URL itself is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("not a PostgreSQL URL such as postgres://role@host:5432/database")]
pub struct InvalidUrl(#[source] sqlx::Error);

/// Options for connections that name `application_name` in `pg_stat_activity`.
///
/// # Errors
/// When the URL is malformed.
pub fn options(url: &str, application_name: &str) -> Result<PgConnectOptions, InvalidUrl> {
    let options: PgConnectOptions = url.parse().map_err(InvalidUrl)?;
    Ok(options.application_name(application_name).options(SESSION))
}

/// A pool that connects when first used, so that a service starts while its database is away.
///
/// # Errors
/// When the URL is malformed.
pub fn pool(url: &str, application_name: &str, max_connections: u32) -> Result<PgPool, InvalidUrl> {
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options(url, application_name)?))
}

/// Settings of the server that durability or speed hang on, where they are not as they should be: for a warning at the
/// start. Each is (name, found, wanted).
///
/// # Errors
/// When the database cannot be asked.
pub async fn doubtful_settings(
    pool: &PgPool,
) -> Result<Vec<(String, String, &'static str)>, sqlx::Error> {
    const WANTED: [(&str, &str); 3] =
        [("fsync", "on"), ("full_page_writes", "on"), ("wal_compression", "anything but off")];
    let mut doubtful = Vec::new();
    for (name, wanted) in WANTED {
        let found: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(pool).await?;
        if found == "off" {
            doubtful.push((name.to_owned(), found, wanted));
        }
    }
    let max_wal_mb: i64 = sqlx::query_scalar(
        "SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'max_wal_size'",
    )
    .fetch_one(pool)
    .await?;
    if max_wal_mb < 8 * 1024 {
        doubtful.push(("max_wal_size".into(), format!("{max_wal_mb} MB"), "8 GB or more"));
    }
    Ok(doubtful)
}

/// Logs a warning for each of the [`doubtful_settings`].
pub async fn warn_about_settings(pool: &PgPool) {
    match doubtful_settings(pool).await {
        Ok(doubtful) => {
            for (setting, found, wanted) in doubtful {
                tracing::warn!(%setting, %found, %wanted, "a PostgreSQL setting is not as it should be");
            }
        }
        Err(error) => tracing::warn!(%error, "cannot check the settings of PostgreSQL yet"),
    }
}
