//! The log as the projector sees it: pages, the head, and whether it still is the log that the read models were folded
//! from.
//!
//! A log that lost its tail (a failover to an asynchronous standby, a restore) goes on at positions that were taken
//! before. Rows folded from the lost tail cannot be taken back, and a checkpoint above the cut would skip what comes in
//! its place. So the event at the highest applied position is compared with the log's at the start, after every new
//! connection and whenever the log is read; by its id the whole history below it is the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daybook_core::ids::Position;
use daybook_eventlog::{Head, LogReader, ReadError, Tip};
use daybook_runtime::postgres::{Connector, InvalidUrl};
use sqlx::PgPool;

use crate::checkpoint::Slot;

/// One for reading, one in reserve while a lost one is being noticed.
const CONNECTIONS_MAX: u32 = 2;

/// Reads the log, and knows when it does so over a new connection.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) reader: LogReader,
    pub(crate) pool: PgPool,
    connections: Connections,
}

/// How many connections a pool has made. Clones count the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<AtomicU64>);

impl Connections {
    pub(crate) fn made(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// A pool that counts its connections here.
    pub(crate) fn pool(&self, connector: &Connector, connections_max: u32) -> PgPool {
        let counter = Arc::clone(&self.0);
        let options = connector.pool_options_then(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        options.max_connections(connections_max).connect_lazy_with(connector.options())
    }
}

impl Log {
    /// Connects when first used.
    pub(crate) fn new(url: &str) -> Result<Self, InvalidUrl> {
        let connections = Connections::default();
        // The primary: a standby that lags looks like a log that was restored.
        let connector = Connector::new(url, "daybook-projector")?;
        let pool = connections.pool(&connector, CONNECTIONS_MAX);
        Ok(Self { reader: LogReader::new(pool.clone()), pool, connections })
    }

    /// How many connections were made so far: another number than before means that the log may be another.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.made()
    }

    /// Up to which position the log is the one that `slots` were folded from; `None`: all the way.
    pub(crate) async fn cut<'a>(
        &self,
        head: &Head,
        slots: impl Iterator<Item = &'a Slot>,
    ) -> Result<Option<Position>, ReadError> {
        let (mut tips, mut furthest) = (Vec::new(), Position::ZERO);
        for slot in slots {
            tips.extend(slot.applied);
            furthest = furthest.max(slot.position);
        }
        tips.sort_unstable_by_key(|tip: &Tip| std::cmp::Reverse(tip.position));
        tips.dedup();
        let mut highest = true;
        for tip in tips {
            if self.reader.event_id_at(tip.position).await? == Some(tip.event_id) {
                // Below a known event everything is known; between it and the next applied one, who can say.
                return Ok(if !highest {
                    Some(tip.position)
                } else {
                    (furthest > head.position).then_some(head.position)
                });
            }
            highest = false;
        }
        Ok(if highest && furthest <= head.position { None } else { Some(Position::ZERO) })
    }
}
