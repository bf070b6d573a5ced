//! The log as the query service sees it: read only, its identity remembered, its head waited for.

use std::sync::OnceLock;

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_eventlog::{Identity, LogReader};
use sqlx::PgPool;
use tokio::time::timeout_at;
use uuid::Uuid;

use crate::budget::Budget;
use crate::consistency::{Sight, Watcher};
use crate::error::QueryError;

/// The log.
pub(crate) struct Log {
    pub(crate) reader: LogReader,
    /// Read once, at the start or as soon as the database is there: the partition count is fixed for ever.
    identity: OnceLock<Identity>,
    heads: Watcher<Position>,
}

impl Log {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { reader: LogReader::new(pool), identity: OnceLock::new(), heads: Watcher::new() }
    }

    /// For the task that looks at the head while somebody waits for it.
    pub(crate) fn heads(&self) -> &Watcher<Position> {
        &self.heads
    }

    /// How many partitions the log has.
    pub(crate) async fn partition_count(&self, budget: &Budget) -> Result<u16, QueryError> {
        Ok(self.identity(budget).await?.partition_count)
    }

    /// Which log it is.
    pub(crate) async fn log_id(&self, budget: &Budget) -> Result<Uuid, QueryError> {
        Ok(self.identity(budget).await?.log_id)
    }

    /// The partition that a stream's events, and so its rows, belong to.
    pub(crate) async fn partition_of(
        &self,
        stream_id: &StreamId,
        budget: &Budget,
    ) -> Result<Partition, QueryError> {
        Ok(Partition::of(stream_id, self.partition_count(budget).await?))
    }

    /// Waits until the log itself reaches a position (G9). What was acknowledged is there already, so that the wait is
    /// for a position that a caller expects of somebody else.
    pub(crate) async fn reach(
        &self,
        min_position: Position,
        budget: &Budget,
    ) -> Result<(), QueryError> {
        if min_position == Position::ZERO {
            return Ok(());
        }
        let mut head = budget.bound(self.reader.head()).await?.position;
        let mut sights = self.heads.watch();
        while head < min_position {
            match timeout_at(budget.wait_until(), sights.next()).await {
                Ok(Sight::Seen(seen)) => head = *seen,
                Ok(Sight::Lost) => head = budget.bound(self.reader.head()).await?.position,
                Err(_) => {
                    let what = "log";
                    return Err(QueryError::Behind { what, min_position, checkpoint: head });
                }
            }
        }
        Ok(())
    }

    async fn identity(&self, budget: &Budget) -> Result<Identity, QueryError> {
        if let Some(identity) = self.identity.get() {
            return Ok(*identity);
        }
        // Calls that come together each read it: waiting for one another would let the last wait for all the timeouts
        // of those before it while the database is away.
        let identity = budget.bound(self.reader.identity()).await?;
        Ok(*self.identity.get_or_init(|| identity))
    }
}
