//! Makes a new server like one that has run for a while, on a machine that has its memory.
//!
//! A new server has no old segments of its write-ahead log to use again, and fills each new one with zeros before it can
//! go on: stalls of tens of milliseconds that a server in use does not have. So some log is written that says nothing,
//! and a checkpoint turns its segments into spare ones.
//!
//! A virtual machine may lose the memory that it does not use to its host, and has to wait for each page when it is
//! touched again: seconds a gigabyte. Then whatever touches more new memory looks slower than it is. So memory is touched
//! before it is needed.

use anyhow::Context;
use sqlx::{Connection, Executor, PgConnection};

/// Written in all: more than any table's run writes between two checkpoints by time.
const MEGABYTES: u32 = 4096;

/// Memory that is touched, at most: more than a rebuild from 8,000,000 events needs for tables, indexes and sorting.
const TOUCHED_BYTES: usize = 4 << 30;
const TOUCHED_CHUNK: usize = 64 << 20;

/// Of the free memory, what is left alone.
const SPARED_BYTES: usize = 1 << 30;

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

/// Lets the server do what it would do by itself a little later, so that it does not while something else is measured:
/// rows that are new to it are vacuumed, and everything is written down.
pub(super) async fn settle(url: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await.context("connect to PostgreSQL")?;
    for statement in ["VACUUM", "CHECKPOINT"] {
        connection.execute(statement).await.with_context(|| format!("settle: {statement}"))?;
    }
    connection.close().await.context("close the connection")
}

/// Touches memory that nobody uses, and gives it back. It blocks for a second or several.
pub(super) fn touch_memory() {
    let free = free_bytes().saturating_sub(SPARED_BYTES).min(TOUCHED_BYTES);
    let chunks: Vec<_> = (0..free / TOUCHED_CHUNK).map(|_| vec![1_u8; TOUCHED_CHUNK]).collect();
    // Else the compiler may find that nobody reads them.
    std::hint::black_box(&chunks);
}

/// Memory in which nothing is, not even a cached file; 0 where the kernel does not tell.
fn free_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemFree:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kib.unwrap_or_default() * 1024
}
