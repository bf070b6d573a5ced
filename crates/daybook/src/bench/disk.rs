//! How fast the disk makes things durable at the moment: a figure of durable appends means nothing without it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use super::tally::{empty_histogram, quantile_ms};

/// As large as a page of PostgreSQL's write-ahead log.
const BLOCK: [u8; 8192] = [0x5a; 8192];

/// Blocks written over and over again, so that the file does not grow.
const BLOCKS: u64 = 128;

/// What the disk does.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Disk {
    /// Writes of 8 KiB made durable a second, one after the other.
    pub(crate) syncs_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Writes to a file in `dir` for about `time`; the file is removed.
pub(crate) async fn probe(dir: &Path, time: Duration) -> anyhow::Result<Disk> {
    let path = dir.join(format!("fdatasync-probe-{}", std::process::id()));
    let result = tokio::task::spawn_blocking(move || {
        let measured = measure(&path, time).with_context(|| format!("write to {}", path.display()));
        let _ = std::fs::remove_file(&path);
        measured
    });
    result.await.context("probe the disk")?
}

fn measure(path: &Path, time: Duration) -> anyhow::Result<Disk> {
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    for block in 0..BLOCKS {
        write(&file, block)?;
    }
    file.sync_all()?;
    let mut latencies = empty_histogram();
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < time {
        let before = Instant::now();
        write(&file, count % BLOCKS)?;
        file.sync_data()?;
        latencies.saturating_record(u64::try_from(before.elapsed().as_micros())?);
        count += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of disk writes is far below 2^52")]
    let syncs_per_second = count as f64 / start.elapsed().as_secs_f64();
    let (p50_ms, p99_ms) = (quantile_ms(&latencies, 0.5), quantile_ms(&latencies, 0.99));
    Ok(Disk { syncs_per_second, p50_ms, p99_ms })
}

fn write(file: &File, block: u64) -> std::io::Result<()> {
    let size = u64::try_from(BLOCK.len()).expect("a block is small");
    file.write_all_at(&BLOCK, block * size)
}
