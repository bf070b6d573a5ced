//! `daybook migrate`

use anyhow::Context;
use clap::Args;
use daybook_eventlog::LogReader;
use daybook_keys::{KeyStore, destroy_forgotten};
use daybook_runtime::postgres::Connector;
use serde_json::json;
use sqlx::{Connection as _, PgPool};

use super::Session;
use crate::failure::Failure;

/// Flags of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// The database of the log, as the role that is to own it; it must be allowed to create roles.
    #[arg(long, value_name = "URL", env = "DAYBOOK_MIGRATE_DATABASE_URL", hide_env_values = true)]
    database_url: String,

    /// The database of the read models, where that is another one. Default: the database of the log.
    #[arg(
        long,
        value_name = "URL",
        env = "DAYBOOK_MIGRATE_READ_DATABASE_URL",
        hide_env_values = true
    )]
    read_database_url: Option<String>,

    /// The database of the keys of data subjects, on another server than the log. Default: there are none.
    #[arg(
        long,
        value_name = "URL",
        env = "DAYBOOK_MIGRATE_KEYS_DATABASE_URL",
        hide_env_values = true
    )]
    keys_database_url: Option<String>,

    /// Into how many partitions the log is divided, which bounds how many projectors share the work. Fixed when the
    /// log is created: another number for an existing log is refused.
    #[arg(long, value_name = "COUNT", env = "DAYBOOK_PARTITIONS", default_value_t = 16)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    partitions: u16,
}

/// Creates or upgrades both schemas; safe to run again, and by several at once.
pub(crate) async fn run(session: &Session, args: MigrateArgs) -> Result<(), Failure> {
    let log =
        connect(session, &args.database_url).await.context("connect to the log's database")?;
    let identity =
        daybook_eventlog::migrate::run(&log, args.partitions).await.context("migrate the log")?;
    let read = match &args.read_database_url {
        Some(url) => connect(session, url).await.context("connect to the read models' database")?,
        None => log.clone(),
    };
    daybook_projector::migrate(&read).await.context("migrate the read models")?;
    daybook_prover::migrate::run(&read).await.context("migrate the proof")?;
    if let Some(url) = &args.keys_database_url {
        migrate_keys(session, &log, url).await.context("migrate the keys")?;
    }
    let (log_id, partitions) = (identity.log_id.to_string(), identity.partition_count);
    session.printer.say(&format!(
        "log {log_id} with {partitions} partitions, and its read models, are up to date"
    ))?;
    if session.printer.json {
        session.printer.object(&json!({"log_id": log_id, "partitions": partitions}))?;
    }
    Ok(())
}

/// Makes the key store, and destroys again what a backup of it brought back.
async fn migrate_keys(session: &Session, log: &PgPool, url: &str) -> anyhow::Result<()> {
    let keys = connect(session, url).await.context("connect to the keys' database")?;
    let store = KeyStore::new(keys.clone());
    store.check_apart(log).await?;
    daybook_keys::migrate::run(&keys).await?;
    let forgotten = destroy_forgotten(&LogReader::new(log.clone()), &store).await?;
    if !forgotten.is_empty() {
        let count = forgotten.len();
        session.printer.say(&format!("the keys of {count} forgotten subjects are destroyed"))?;
    }
    Ok(())
}

/// A connection, within the time that every call has.
async fn connect(session: &Session, url: &str) -> anyhow::Result<PgPool> {
    let connector = Connector::new(url, "daybook-migrate")?
        // A migration may index a long log, and waits for whatever is at work on the table.
        .setting("statement_timeout", "0")
        .setting("lock_timeout", "0");
    // A pool would say only that it has no connection.
    let connecting = connector.connect();
    let connection = tokio::time::timeout(session.globals.budget(), connecting).await;
    connection.context("no answer in time")??.close().await?;
    Ok(connector.pool(1))
}
