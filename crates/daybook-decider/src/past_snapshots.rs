//! Makes the snapshots at marks that are missing, once after the start, in the background: of streams that were long before
//! there were any, and of all long ones when the evolve code has changed. From then on deciding makes them as streams grow.
//!
//! Only states as of a moment are folded from them, so nothing waits for this. Two instances may make the same ones, which
//! costs the work and changes nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybook_core::domain::Domain;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use daybook_eventlog::snapshot::{mark, write_snapshots};
use daybook_eventlog::{LogReader, ReadError};
use daybook_runtime::telemetry::error_chain;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Streams looked at with one statement.
const STREAMS_PER_PAGE: u32 = 1000;

/// After each piece of work it rests so many times as long as that took: commands come first.
const REST: u32 = 4;

/// Pause before another try where the database did not answer.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// Makes them, until there are no more or `stop`.
pub async fn fill<D: Domain>(domain: Arc<D>, pool: PgPool, stop: CancellationToken) {
    let filling = async {
        let mut filler = Filler { domain, log: LogReader::new(pool.clone()), pool, after: None };
        loop {
            match filler.next_page().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::warn!(%error, "cannot make snapshots for states as of a moment yet");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(filling).await;
}

struct Filler<D> {
    domain: Arc<D>,
    log: LogReader,
    pool: PgPool,
    /// The last stream that was looked at.
    after: Option<StreamId>,
}

impl<D: Domain> Filler<D> {
    /// `false`: there are no more streams.
    async fn next_page(&mut self) -> Result<bool, ReadError> {
        let started = Instant::now();
        let page = self.log.snapshot_versions(self.after.as_ref(), STREAMS_PER_PAGE).await?;
        rest(started).await;
        let more = !page.is_empty();
        for (stream_id, version) in page {
            if mark(version) > Version::ZERO {
                self.fill_stream(&stream_id, version).await?;
            }
            self.after = Some(stream_id);
        }
        Ok(more)
    }

    async fn fill_stream(&self, stream_id: &StreamId, version: Version) -> Result<(), ReadError> {
        for mark in self.log.marks_without_snapshot(&*self.domain, stream_id, version).await? {
            let started = Instant::now();
            match self.log.snapshot_at(&*self.domain, stream_id, mark).await {
                Ok(Some(snapshot)) => write_snapshots(&self.pool, &[snapshot]).await?,
                Ok(None) => {}
                Err(ReadError::Database(error)) => return Err(error.into()),
                // An event that this build cannot read is reported to the caller who needs it, not here.
                Err(_) => return Ok(()),
            }
            rest(started).await;
        }
        Ok(())
    }
}

async fn rest(started: Instant) {
    tokio::time::sleep(started.elapsed() * REST).await;
}
