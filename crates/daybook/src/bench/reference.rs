//! The reference: what PostgreSQL itself does with one row a transaction, on the same server, at the same time.
//!
//! Rates move with the weather of a machine; their ratio to this one hardly does. The table is as lean as a log can be
//! (a position, one unique pair of stream and version), a row is as long as one event with its metadata, and each INSERT
//! is prepared and commits by itself, durably. `pgbench` sends them where it is found, as it costs the machine less than
//! anything that we could write; otherwise we do.

mod inserts;
mod pgbench;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::tally::Latencies;

/// How it runs unless told otherwise: over as many connections as it is fastest with, and for how long.
pub(crate) const REFERENCE: (usize, Duration) = (32, Duration::from_secs(4));

/// A database of its own, so that nothing of Daybook's is touched.
const DATABASE: &str = "daybook_bench_reference";

/// The payload of a deposit, as long as ours.
const DATA: &str = r#"{"account_id":"bench-4711","amount":{"minor_units":48123,"currency":"USD"}}"#;

/// Its metadata.
const METADATA: &str = r#"{"actor":"bench-teller","correlation_id":"01900000-0000-7000-8000-000000000000","command_id":"01900000-0000-7000-8000-000000000000","ip":"127.0.0.1","reason":"salary of november"}"#;

/// Where the reference runs.
#[derive(Debug)]
pub(crate) struct Reference {
    url: String,
    options: PgConnectOptions,
    pgbench: Option<PathBuf>,
    runs: u32,
}

/// What it did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReferenceRate {
    /// INSERTs committed a second.
    pub(crate) rate: f64,
    /// At this many connections.
    pub(crate) callers: usize,
    /// By whom.
    pub(crate) by: &'static str,
}

impl Reference {
    /// Makes the database, on the server that `url` names; the role in it must be allowed to.
    pub(crate) async fn prepare(url: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .context("read the database's URL")?
            .disable_statement_logging()
            .options([("synchronous_commit", "on")]);
        let mut admin =
            PgConnection::connect_with(&options).await.context("connect to PostgreSQL")?;
        drop_database(&mut admin).await?;
        admin
            .execute("CREATE DATABASE daybook_bench_reference")
            .await
            .context("create the reference's database")?;
        admin.close().await.context("close the connection")?;
        let options = options.database(DATABASE);
        let mut connection = PgConnection::connect_with(&options).await.context("connect")?;
        connection
            .execute(sqlx::raw_sql(include_str!("reference/table.sql")))
            .await
            .context("create the reference's table")?;
        connection.close().await.context("close the connection")?;
        Ok(Self { url: url.to_owned(), options, pgbench: pgbench::find(), runs: 0 })
    }

    /// Lets `callers` connections INSERT for `time`, rounded up to seconds.
    pub(crate) async fn run(
        &mut self,
        callers: usize,
        time: Duration,
    ) -> anyhow::Result<ReferenceRate> {
        self.runs += 1;
        let (rate, by) = match &self.pgbench {
            Some(program) => {
                (pgbench::run(program, &self.url, callers, time, self.runs).await?, "pgbench")
            }
            None => {
                let histogram = inserts::run(&self.options, callers, time, self.runs).await?;
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52 rows are inserted")]
                let count = histogram.len() as f64;
                (count / time.as_secs_f64(), "sqlx")
            }
        };
        Ok(ReferenceRate { rate, callers, by })
    }

    /// How long one connection alone waits for an INSERT and its commit, from where commands come from, too.
    pub(crate) async fn alone(&mut self, time: Duration) -> anyhow::Result<Latencies> {
        self.runs += 1;
        let histogram = inserts::run(&self.options, 1, time, self.runs).await?;
        Ok(Latencies::of(&histogram))
    }

    /// Removes the database.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        let options = PgConnectOptions::from_str(&self.url).context("read the database's URL")?;
        let mut admin =
            PgConnection::connect_with(&options).await.context("connect to PostgreSQL")?;
        drop_database(&mut admin).await?;
        admin.close().await.context("close the connection")
    }
}

async fn drop_database(admin: &mut PgConnection) -> anyhow::Result<()> {
    admin
        .execute("DROP DATABASE IF EXISTS daybook_bench_reference")
        .await
        .context("drop the reference's database")?;
    Ok(())
}
