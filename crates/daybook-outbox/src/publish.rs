//! The publisher: after commit, in commit order, the position of every event onto the lists of every registered group, and
//! the event to its channel.
//!
//! It never holds up an acknowledgement: [`PublisherHandle::publish`] only puts into a bounded queue. What cannot be
//! delivered, because Redis is away or the queue was full, is counted and dropped; projectors find the gap and read the
//! log. A push whose answer was lost is not repeated: the events are in the log, and a position twice would only be work.

mod registry;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daybook_core::event::RecordedEvent;
use daybook_core::partition::Partition;
use redis::aio::ConnectionManager;
use redis::{Pipeline, RedisResult};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::connection::connection;
use crate::keys;
use crate::message::{self, Origin};
use crate::queue::{Batch, Queue};
use crate::settings::RedisServer;

use registry::Registry;

/// Events of one pipeline: enough to make the round trip cheap, few enough to be encoded in milliseconds.
const PIPELINE_EVENTS_MAX: usize = 1000;

/// Longest wait for Redis's answer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A group that registers is given messages within this time.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// How long a stop may take to push what is still queued. The log has it all, so this is courtesy.
const STOP_BOUND: Duration = Duration::from_secs(2);

/// Settings of a [`Publisher`].
#[derive(Debug, Clone)]
pub struct PublisherSettings {
    /// Where it delivers to.
    pub redis: RedisServer,
    /// Which log it starts with. Events of another one are pushed under that one's keys.
    pub log_id: Uuid,
    /// How many partitions the log has.
    pub partition_count: u16,
    /// A list is trimmed to this many positions, the oldest go.
    pub list_length_max: usize,
    /// What may wait for Redis, in bytes of events; beyond it the oldest batches go.
    pub queue_bytes_max: usize,
}

impl PublisherSettings {
    /// The usual limits: lists of 5000 positions, a queue of 64 MiB.
    #[must_use]
    pub fn new(redis: RedisServer, log_id: Uuid, partition_count: u16) -> Self {
        Self {
            redis,
            log_id,
            partition_count,
            list_length_max: 5000,
            queue_bytes_max: 64 * 1024 * 1024,
        }
    }
}

/// Gives committed events to the publisher. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PublisherHandle {
    queue: Arc<Queue>,
    reached: watch::Receiver<bool>,
}

impl PublisherHandle {
    /// Hands over committed events of the log `origin`, in order. Never waits, never fails.
    pub fn publish(&self, origin: Origin, events: Vec<RecordedEvent>) {
        if !events.is_empty() {
            self.queue.put(Batch { origin, events });
        }
    }

    /// How many events were not delivered since the start; projectors read them from the log.
    #[must_use]
    pub fn dropped_events(&self) -> u64 {
        self.queue.dropped_events()
    }

    /// Whether Redis did what it was asked last; it is asked every second. `false` before the first time.
    #[must_use]
    pub fn reached(&self) -> watch::Receiver<bool> {
        self.reached.clone()
    }
}

/// The task that delivers.
pub struct Publisher {
    queue: Arc<Queue>,
    connection: ConnectionManager,
    settings: PublisherSettings,
    groups: Registry,
    /// Whether the last thing asked of Redis failed: the log tells changes, not every failure.
    away: bool,
    reached: watch::Sender<bool>,
}

impl Publisher {
    /// A publisher and the handle that feeds it. Redis need not be there yet. Must be called inside a runtime.
    ///
    /// # Errors
    /// When the client refuses its settings.
    pub fn new(settings: PublisherSettings) -> RedisResult<(PublisherHandle, Self)> {
        let queue = Arc::new(Queue::new(settings.queue_bytes_max));
        let connection = connection(&settings.redis, RESPONSE_TIMEOUT)?;
        let (reached, is_reached) = watch::channel(false);
        let handle = PublisherHandle { queue: Arc::clone(&queue), reached: is_reached };
        let groups = Registry::new(settings.log_id, settings.partition_count);
        Ok((handle, Self { queue, connection, settings, groups, away: false, reached }))
    }

    /// Delivers until `shutdown`, then what is still queued, within a bound.
    pub async fn run(mut self, shutdown: CancellationToken) {
        // The groups first: what is pushed before they are known reaches nobody.
        self.refresh_groups().await;
        let mut refresh = interval_at(Instant::now() + REFRESH_INTERVAL, REFRESH_INTERVAL);
        refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let queue = Arc::clone(&self.queue);
        loop {
            tokio::select! {
                // However much there is to push, the stop and the groups get their turn.
                biased;
                () = shutdown.cancelled() => break,
                _ = refresh.tick() => self.refresh_groups().await,
                () = queue.arrived() => {
                    // Whoever put it in has callers to answer: they are next, not Redis.
                    tokio::task::yield_now().await;
                    self.deliver(queue.take(PIPELINE_EVENTS_MAX)).await;
                }
            }
        }
        let rest = async {
            loop {
                match queue.take(PIPELINE_EVENTS_MAX) {
                    batches if batches.is_empty() => break,
                    batches => self.deliver(batches).await,
                }
            }
        };
        if timeout(STOP_BOUND, rest).await.is_err() {
            tracing::warn!(
                "stopped with events that Redis did not take in time; projectors read them from the log"
            );
        }
    }

    async fn refresh_groups(&mut self) {
        let refreshed = self.groups.refresh(&mut self.connection).await;
        self.note(refreshed.err().as_ref());
    }

    async fn deliver(&mut self, batches: Vec<Batch>) {
        let log_id = batches.last().map(|batch| batch.origin.log_id);
        if log_id.is_some_and(|log_id| self.groups.follow(log_id)) {
            self.refresh_groups().await;
        }
        let events = batches.iter().map(|batch| batch.events.len()).sum();
        let pushed = self.pipeline(&batches).exec_async(&mut self.connection).await;
        if pushed.is_err() {
            self.queue.count_dropped(events);
        }
        self.note(pushed.err().as_ref());
    }

    /// All of it in one round trip. Each list is pushed to once.
    fn pipeline(&self, batches: &[Batch]) -> Pipeline {
        let mut pipeline = redis::pipe();
        let mut lists: BTreeMap<(Uuid, Partition), Vec<i64>> = BTreeMap::new();
        for batch in batches {
            let log_id = batch.origin.log_id;
            for event in &batch.events {
                let channel = keys::channel(log_id, event.stream_id.stream_type());
                pipeline.publish(channel, message::encode(batch.origin, event)).ignore();
                lists.entry((log_id, event.partition)).or_default().push(event.position.get());
            }
        }
        let keep = isize::try_from(self.settings.list_length_max).unwrap_or(isize::MAX).max(1);
        for group in self.groups.live() {
            for ((log_id, partition), positions) in &lists {
                let key = keys::outbox(*log_id, *partition, group);
                pipeline.rpush(&key, positions).ignore().ltrim(&key, -keep, -1).ignore();
            }
        }
        pipeline
    }

    fn note(&mut self, error: Option<&redis::RedisError>) {
        match (error, self.away) {
            (Some(error), false) => {
                tracing::warn!(%error, "Redis is away; commands go on, projectors read the log");
            }
            (None, true) => {
                let dropped = self.queue.dropped_events();
                tracing::info!(events.dropped = dropped, "Redis is back");
            }
            _ => {}
        }
        self.away = error.is_some();
        self.reached
            .send_if_modified(|reached| std::mem::replace(reached, !self.away) == self.away);
    }
}
