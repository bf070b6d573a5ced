//! Makes a new server like one that has run for a while.
//!
//! A new server has no old segments of its write-ahead log to use again, and fills each new one with zeros before it can
//! go on: stalls of tens of milliseconds that a server in use does not have. So some log is written that says nothing,
//! and a checkpoint turns its segments into spare ones.

use anyhow::Context;
use sqlx::{Connection, Executor, PgConnection};

/// Written in all: more than any table's run writes between two checkpoints by time.
const MEGABYTES: u32 = 4096;

/// Makes spare segments.
pub(super) async fn recycle_wal(url: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await.context("connect to PostgreSQL")?;
    for _ in 0..MEGABYTES / 16 {
        connection
            .execute("SELECT pg_logical_emit_message(false, 'bench', repeat('x', 16 * 1024 * 1024 - 4096))")
            .await
            .context("write to the log")?;
    }
    connection.execute("CHECKPOINT").await.context("checkpoint")?;
    connection.close().await.context("close the connection")
}

/// Lets the server write down what was filled in before, so that it does not do so while something else is measured.
pub(super) async fn settle(url: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await.context("connect to PostgreSQL")?;
    connection.execute("CHECKPOINT").await.context("checkpoint")?;
    connection.close().await.context("close the connection")
}
