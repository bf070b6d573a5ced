//! Connections to PostgreSQL. Whoever may hold a lock or keep a caller waiting is bounded by the server itself, because a
//! client that is paused or cut off can no longer be asked to let go.
//!
//! No connection is used before it was looked at: the server has the role that is needed, the database the encoding, the session
//! the settings that were asked for. A connection that meets a server which takes no writes any more is closed, and with it all
//! that were made before: see [`give_up_connections_after`].

mod session;
mod url;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection as _, PgPool};

use crate::repeats::Repeats;
use crate::trouble::Trouble;

pub use session::Refused;
pub use url::InvalidUrl;

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long making one connection may take, checks included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause of a pool after a server that is refused, so that one which is a standby for a while is not asked without end.
const REFUSED_PAUSE: Duration = Duration::from_millis(200);

/// Session settings of every connection of ours, each for its reason.
const SESSION: [(&str, &str); 12] = [
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
    // Days and texts are the same on every server.
    ("TimeZone", "UTC"),
    ("client_encoding", "UTF8"),
];

/// Makes connections that are as they must be. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    options: PgConnectOptions,
    settings: Vec<(&'static str, String)>,
    primary: bool,
    refusals: Arc<Repeats>,
}

impl std::fmt::Debug for Connector {
    /// Without the options: they hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Connector {
    /// Connections to a primary, that name `application_name` in `pg_stat_activity`.
    ///
    /// # Errors
    /// When the URL is malformed, or says something that would be ignored.
    pub fn new(url: &str, application_name: &str) -> Result<Self, InvalidUrl> {
        Ok(Self {
            options: url::parse(url)?.application_name(application_name),
            settings: SESSION.map(|(name, value)| (name, value.to_owned())).to_vec(),
            primary: true,
            refusals: Arc::default(),
        })
    }

    /// A standby will do: for those who only read, and say how old their answer is.
    #[must_use]
    pub fn or_standby(mut self) -> Self {
        self.primary = false;
        self
    }

    /// Another value for a setting, or one more setting.
    #[must_use]
    pub fn setting(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.into()));
        self
    }

    /// What to connect with. Whoever does so without this connector owes the connection a [`Connector::check`].
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone().options(self.settings.iter().map(|(name, value)| (name, value)))
    }

    /// One connection.
    ///
    /// # Errors
    /// When the server is away, or is not as it must be: see [`Refused::of`].
    pub async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let connecting = async {
            let mut connection = PgConnection::connect_with(&self.options()).await?;
            self.check(&mut connection).await?;
            Ok(connection)
        };
        tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| {
            let message = format!("PostgreSQL did not answer within {CONNECT_TIMEOUT:?}");
            Err(std::io::Error::new(std::io::ErrorKind::TimedOut, message).into())
        })
    }

    /// Looks at a new connection before it is used.
    ///
    /// # Errors
    /// As [`Connector::connect`].
    pub async fn check(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let checked =
            session::check(connection, &self.options(), &self.settings, self.primary).await;
        if let Err(error) = &checked
            && let Some(refused) = Refused::of(error)
        {
            let refused = refused.to_string();
            if let Some(left_out) = self.refusals.note(&refused) {
                tracing::error!(error = refused, left_out, "a connection to PostgreSQL is refused");
            }
        }
        checked
    }

    /// A pool that connects when first used, so that a service starts while its database is away.
    #[must_use]
    pub fn pool(&self, max_connections: u32) -> PgPool {
        self.pool_options().max_connections(max_connections).connect_lazy_with(self.options())
    }

    /// For a pool with bounds of its own. It is to connect with [`Connector::options`].
    #[must_use]
    pub fn pool_options(&self) -> PgPoolOptions {
        self.pool_options_then(|| {})
    }

    /// The same; `connected` is called for each new connection that passed.
    #[must_use]
    pub fn pool_options_then(
        &self,
        connected: impl Fn() + Clone + Send + Sync + 'static,
    ) -> PgPoolOptions {
        let connector = self.clone();
        PgPoolOptions::new()
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                let (connector, connected) = (connector.clone(), connected.clone());
                Box::pin(async move {
                    if let Err(error) = connector.check(connection).await {
                        tokio::time::sleep(REFUSED_PAUSE).await;
                        return Err(error);
                    }
                    connected();
                    Ok(())
                })
            })
            .before_acquire(|_, connection| {
                let kept = made_after_last_give_up(connection.age);
                Box::pin(async move { Ok(kept) })
            })
    }
}

/// Connections of pools that were made before this are not used again. For the whole process: when one server has changed its
/// role, making the others' connections again costs little.
static GIVEN_UP_AT: Mutex<Option<Instant>> = Mutex::new(None);

/// Has all pooled connections made again where `error`, or a cause of it, says that the server behind its connection takes no
/// writes: it was made a standby, or set read-only, and the same address may lead to another by now.
pub fn give_up_connections_after(error: &(dyn std::error::Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<sqlx::Error>().map(Trouble::of) == Some(Trouble::ReadOnly) {
            tracing::warn!(%error, "PostgreSQL takes no writes here any more: connecting again");
            *GIVEN_UP_AT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            return;
        }
        cause = error.source();
    }
}

fn made_after_last_give_up(age: Duration) -> bool {
    let given_up_at = *GIVEN_UP_AT.lock().unwrap_or_else(PoisonError::into_inner);
    given_up_at.is_none_or(|at| at.elapsed() > age)
}

/// Options for connections that name `application_name` in `pg_stat_activity`, to check a URL. Connections are made by a
/// [`Connector`].
///
/// # Errors
/// When the URL is malformed, or says something that would be ignored.
pub fn options(url: &str, application_name: &str) -> Result<PgConnectOptions, InvalidUrl> {
    Ok(Connector::new(url, application_name)?.options())
}

/// A pool over a [`Connector`] to a primary.
///
/// # Errors
/// When the URL is malformed, or says something that would be ignored.
pub fn pool(url: &str, application_name: &str, max_connections: u32) -> Result<PgPool, InvalidUrl> {
    Ok(Connector::new(url, application_name)?.pool(max_connections))
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
