//! The log as the query service sees it: read only, its identity remembered, its head waited for.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_eventlog::{Identity, LogReader};
use tokio::time::timeout_at;
use uuid::Uuid;

use crate::budget::Budget;
use crate::consistency::{Sight, Watcher};
use crate::database::Database;
use crate::error::QueryError;

/// How far beyond the head a position may lie to be waited for. A caller may know of events that a standby has not got
/// yet; by no more than these.
const REACHABLE: i64 = 1_000_000;

/// The log.
pub(crate) struct Log {
    pub(crate) reader: LogReader,
    database: Database,
    /// Read once, at the start or as soon as the database is there: the partition count is fixed for ever.
    identity: OnceLock<Identity>,
    heads: Watcher<Position>,
    /// The head when it was last looked at here.
    head: AtomicI64,
}

impl Log {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            reader: LogReader::new(database.pool().clone()),
            database,
            identity: OnceLock::new(),
            heads: Watcher::new(),
            head: AtomicI64::new(0),
        }
    }

    /// Reads from the log, within what the call may use.
    pub(crate) async fn ask<T, E: Into<QueryError>>(
        &self,
        budget: &Budget<'_>,
        reading: impl Future<Output = Result<T, E>>,
    ) -> Result<T, QueryError> {
        self.database.ask(budget, reading).await
    }

    /// For the task that looks at the head while somebody waits for it.
    pub(crate) fn heads(&self) -> &Watcher<Position> {
        &self.heads
    }

    /// How many partitions the log has.
    pub(crate) async fn partition_count(&self, budget: &Budget<'_>) -> Result<u16, QueryError> {
        Ok(self.identity(budget).await?.partition_count)
    }

    /// Which log it is.
    pub(crate) async fn log_id(&self, budget: &Budget<'_>) -> Result<Uuid, QueryError> {
        Ok(self.identity(budget).await?.log_id)
    }

    /// Which history of which log it is now: read each time, for a failover changes it.
    pub(crate) async fn history(&self, budget: &Budget<'_>) -> Result<String, QueryError> {
        Ok(self.ask(budget, self.reader.identity()).await?.history())
    }

    /// The partition that a stream's events, and so its rows, belong to.
    pub(crate) async fn partition_of(
        &self,
        stream_id: &StreamId,
        budget: &Budget<'_>,
    ) -> Result<Partition, QueryError> {
        Ok(Partition::of(stream_id, self.partition_count(budget).await?))
    }

    /// Refuses a position that the log will not reach while a call waits.
    pub(crate) async fn check_reachable(
        &self,
        position: Position,
        budget: &Budget<'_>,
    ) -> Result<(), QueryError> {
        if beyond(position, self.head.load(Ordering::Relaxed)) {
            refuse_beyond(position, self.head(budget).await?)?;
        }
        Ok(())
    }

    /// Waits until the log itself reaches a position (G9). What was acknowledged is there already, so that the wait is
    /// for a position that a caller expects of somebody else.
    pub(crate) async fn reach(
        &self,
        min_position: Position,
        budget: &Budget<'_>,
    ) -> Result<(), QueryError> {
        if min_position == Position::ZERO {
            return Ok(());
        }
        let mut head = self.head(budget).await?;
        refuse_beyond(min_position, head)?;
        if head >= min_position {
            return Ok(());
        }
        let _place = budget.wait()?;
        let mut sights = self.heads.watch();
        while head < min_position {
            match timeout_at(budget.wait_until(), sights.next()).await {
                Ok(Sight::Seen(seen)) => head = *seen,
                Ok(Sight::Lost) => head = self.head(budget).await?,
                Err(_) => {
                    let what = "log";
                    return Err(QueryError::Behind { what, min_position, checkpoint: head });
                }
            }
        }
        Ok(())
    }

    async fn head(&self, budget: &Budget<'_>) -> Result<Position, QueryError> {
        let head = self.ask(budget, self.reader.head()).await?.position;
        self.head.store(head.get(), Ordering::Relaxed);
        Ok(head)
    }

    async fn identity(&self, budget: &Budget<'_>) -> Result<Identity, QueryError> {
        if let Some(identity) = self.identity.get() {
            return Ok(*identity);
        }
        // Calls that come together each read it: waiting for one another would let the last wait for all the timeouts
        // of those before it while the database is away.
        let identity = self.ask(budget, self.reader.identity()).await?;
        Ok(*self.identity.get_or_init(|| identity))
    }
}

fn beyond(position: Position, head: i64) -> bool {
    position.get().saturating_sub(head) > REACHABLE
}

fn refuse_beyond(position: Position, head: Position) -> Result<(), QueryError> {
    if beyond(position, head.get()) {
        return Err(QueryError::BeyondHead { position, head });
    }
    Ok(())
}
