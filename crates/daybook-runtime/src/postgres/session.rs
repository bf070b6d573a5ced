//! What a new connection must be, looked at before it is used: settings that a guarantee depends on are asked for at its start,
//! and whatever lies between (a pooler, a proxy) may drop them in silence.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

/// How often it is tried to catch a pooler in sharing sessions. Once is enough where it is idle.
const SHARING_PROBES: u32 = 3;

/// How long a probe may take. A pooler without a free session lets it wait; then nothing is known, and nothing refused.
const PROBE_BOUND: Duration = Duration::from_secs(2);

/// Why a server that answers is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be written to, or would show less than was committed.
    #[error("the server of database `{database}` is a standby, and this service needs the primary")]
    Standby {
        /// The database that was connected to.
        database: String,
    },
    /// Texts would be cut or refused.
    #[error(
        "database `{database}` has the encoding {found}: Daybook needs one that was made with ENCODING 'UTF8'"
    )]
    Encoding {
        /// The database that was connected to.
        database: String,
        /// Its encoding.
        found: String,
    },
    /// The session cannot be given what a guarantee depends on.
    #[error(
        "setting `{name}` is `{found}` in a new session and must be `{wanted}`: it was asked for and not taken; is there a \
         pooler between that ignores `options` and resets sessions?"
    )]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: String,
    },
    /// Settings would hold for one transaction of ours and for others of somebody else's.
    #[error(
        "there is a pooler between that gives sessions away between transactions (pool_mode = transaction or statement): \
         settings such as synchronous_commit would not hold; connect directly, or with pool_mode = session"
    )]
    SharedSession,
}

impl Refused {
    /// Whether the same address may lead to a server that can be used, without an operator's doing.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Standby { .. })
    }

    /// The refusal in an error of a connection, if it is one.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Option<&Self> {
        match error {
            sqlx::Error::Configuration(source) => source.downcast_ref(),
            _ => None,
        }
    }
}

impl From<Refused> for sqlx::Error {
    fn from(refused: Refused) -> Self {
        Self::Configuration(Box::new(refused))
    }
}

/// What a connection leads to.
struct Found {
    standby: bool,
    database: String,
    encoding: String,
    /// The settings that are not what was asked for.
    differing: Vec<Refused>,
}

/// Refuses a connection that is not as it must be; makes it so where only a pooler's ignorance is in the way.
pub(super) async fn check(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    settings: &[(&'static str, String)],
    primary: bool,
) -> Result<(), sqlx::Error> {
    let found = look(connection, settings).await?;
    if primary && found.standby {
        return Err(Refused::Standby { database: found.database }.into());
    }
    if found.encoding != "UTF8" {
        let Found { database, encoding, .. } = found;
        return Err(Refused::Encoding { database, found: encoding }.into());
    }
    if found.differing.is_empty() {
        return Ok(());
    }
    if is_shared(connection, options).await? {
        return Err(Refused::SharedSession.into());
    }
    // A session of our own behind a pooler: it keeps what is set in it, and the pooler resets it afterwards.
    let set = format!("SELECT {}", calls(settings, false).join(", "));
    sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut *connection).await?;
    match look(connection, settings).await?.differing.pop() {
        None => Ok(()),
        Some(differing) => Err(differing.into()),
    }
}

/// Looks, in one round trip. Setting each setting for this one statement writes what was asked for as PostgreSQL writes it.
async fn look(
    connection: &mut PgConnection,
    settings: &[(&'static str, String)],
) -> Result<Found, sqlx::Error> {
    let current = settings.iter().map(|(name, _)| format!("current_setting('{name}')"));
    let select = format!(
        "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database()::text, \
                pg_catalog.current_setting('server_encoding'), ARRAY[{}], ARRAY[{}]",
        current.collect::<Vec<_>>().join(", "),
        calls(settings, true).join(", ")
    );
    let row = sqlx::raw_sql(AssertSqlSafe(select)).fetch_one(connection).await?;
    let (current, wanted): (Vec<String>, Vec<String>) = (row.try_get(3)?, row.try_get(4)?);
    let differing = settings
        .iter()
        .zip(current.into_iter().zip(wanted))
        .filter(|(_, (found, wanted))| found != wanted)
        .map(|((name, _), (found, wanted))| Refused::Setting { name, found, wanted })
        .collect();
    Ok(Found {
        standby: row.try_get(0)?,
        database: row.try_get(1)?,
        encoding: row.try_get(2)?,
        differing,
    })
}

/// Names are ours; values may come from settings and are quoted.
fn calls(settings: &[(&'static str, String)], for_one_statement: bool) -> Vec<String> {
    let call = |(name, value): &(&str, String)| {
        format!("set_config('{name}', '{}', {for_one_statement})", value.replace('\'', "''"))
    };
    settings.iter().map(call).collect()
}

/// Whether the session is given to others between two statements: a second connection then gets the same one, or takes it away
/// so that this one has another.
async fn is_shared(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<bool, sqlx::Error> {
    for _ in 0..SHARING_PROBES {
        let mine = backend(connection).await?;
        let probe = async {
            let mut other = PgConnection::connect_with(options).await?;
            if backend(&mut other).await? == mine {
                return Ok(true);
            }
            sqlx::raw_sql("BEGIN").execute(&mut other).await?;
            let shared =
                backend(&mut other).await? == mine || backend(&mut *connection).await? != mine;
            Ok::<_, sqlx::Error>(shared)
        };
        if tokio::time::timeout(PROBE_BOUND, probe)
            .await
            .is_ok_and(|shared| shared.unwrap_or(false))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn backend(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_catalog.pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}
