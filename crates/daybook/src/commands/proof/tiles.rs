//! `daybook proof tiles`

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use daybook_eventlog::LogReader;
use daybook_proof::{PublicKey, SignedCheckpoint};
use daybook_prover::publish::Publisher;
use daybook_prover::store::Store;
use daybook_runtime::postgres::{Connector, InvalidUrl};
use serde_json::json;

use super::TrustedKeys;
use crate::commands::Session;
use crate::failure::Failure;

/// Flags of `tiles`.
#[derive(Debug, Args)]
pub(crate) struct TilesArgs {
    /// The directory; what is there is brought up to the newest checkpoint. `daybook-prover --publish-dir` does it
    /// continuously.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Write the leaves too, not only their hashes: stream ids, types and times of all events, and hashes of data and
    /// metadata.
    #[arg(long)]
    entries: bool,
    /// The public key that signs, or a file of such keys, one a line; may be repeated.
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<TrustedKeys>,
    #[command(flatten)]
    databases: Databases,
}

/// Where log and proof are.
#[derive(Debug, Args)]
pub(super) struct Databases {
    /// The log, as a role that may read it: postgres://daybook_prover@host:5432/daybook.
    #[arg(long, value_name = "URL", env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: String,
    /// The database of the read models, which has the proof too, where it is not the log's.
    #[arg(long, value_name = "URL", env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true)]
    read_database_url: Option<String>,
}

impl Databases {
    /// The log, and the tree of the log that the keys are of.
    pub(super) fn open(
        &self,
        session: &Session,
        keys: &[PublicKey],
    ) -> Result<(LogReader, Store), Failure> {
        let origin = keys.first().map(|key| key.name().to_owned()).unwrap_or_default();
        let read_url = self.read_database_url.as_deref().filter(|url| !url.is_empty());
        let pool = |url: &str| {
            let connector = Connector::new(url, "daybook-proof")?.or_standby();
            let pool = connector.pool_options().max_connections(1);
            let pool = pool.acquire_timeout(session.globals.budget());
            Ok::<_, InvalidUrl>(pool.connect_lazy_with(connector.options()))
        };
        let log = pool(&self.log_database_url).context("--log-database-url")?;
        let read =
            pool(read_url.unwrap_or(&self.log_database_url)).context("--read-database-url")?;
        Ok((LogReader::new(log), Store::new(read, &origin)))
    }
}

/// Writes them.
pub(super) async fn run(session: &Session, args: TilesArgs) -> Result<(), Failure> {
    let keys = TrustedKeys::all(&args.keys);
    let (log, store) = args.databases.open(session, &keys)?;
    let note = store.last_note().await.map_err(|error| anyhow!(error))?;
    let note =
        note.with_context(|| format!("no checkpoint of `{}` was signed yet", store.origin()))?;
    let signed = SignedCheckpoint::open(&note, &keys).context("the newest checkpoint")?;
    let publisher = Publisher::new(args.output.clone(), args.entries);
    let files = publisher.publish(&store, &log, &signed).await.map_err(|error| anyhow!(error))?;
    let size = signed.checkpoint.size;
    session.printer.say(&format!("{files} files, up to {size} events"))?;
    if session.printer.json {
        session.printer.object(&json!({"files": files, "size": size}))?;
    }
    Ok(())
}
