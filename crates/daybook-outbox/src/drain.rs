//! Takes positions off the lists of one group, for one projector.
//!
//! A pop is final: there are no in-flight lists and no acknowledgements, and what a crash after a pop loses is read from
//! the log. Positions of one partition come in the order in which they were pushed, which is nearly always the order of
//! the log. The reader takes none of them for true, nor that they are of the list's partition. What is no position is
//! counted, logged and dropped.
//!
//! It runs beside the projector and pops only when there is room for what it pops, so that positions pile up in Redis,
//! where they are trimmed, and not in here. Its reader says which partitions' lists it is to look at, and may say so anew
//! at any time: a pop that is on its way is not broken off for that, since what it pops would be lost, so that positions of
//! a partition that is no longer wanted may come for a moment. With Redis away it keeps trying; its reader polls the log
//! meanwhile.

use std::time::Duration;

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use redis::aio::ConnectionManager;
use redis::{Direction, RedisResult};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::now_ms;
use crate::connection::connection;
use crate::entry;
use crate::group::Group;
use crate::keys;
use crate::settings::RedisServer;

/// Longest wait of one blocking pop: how late a stop, a heartbeat or another choice of lists may come.
const BLOCK: Duration = Duration::from_millis(250);

/// Longer than [`BLOCK`]: an answer that is given up on could be a position that is lost.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The publisher forgets groups after 60 s and looks for new ones every second.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// Pause after Redis failed.
const AWAY_PAUSE: Duration = Duration::from_millis(100);

/// What each list is asked for first; lists that had as many are asked again for more.
const FIRST_COUNT: usize = 32;

/// No more is popped at once when this many bytes have been: the publisher's entries have 19 at most, so that only a forger's
/// come to that.
const POP_BYTES_MAX: usize = 256 * 1024;

/// Which lists are to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// Of which log.
    pub log_id: Uuid,
    /// Of which partitions; may be none.
    pub partitions: Vec<Partition>,
}

/// Settings of a [`Drain`].
#[derive(Debug, Clone)]
pub struct DrainSettings {
    /// Where the lists are.
    pub redis: RedisServer,
    /// Whose lists.
    pub group: Group,
    /// Which of them; may change at any time.
    pub lists: watch::Receiver<Lists>,
    /// At most about this many positions at once.
    pub positions_max: usize,
}

/// Takes positions off the lists of one group.
pub struct Drain {
    connection: ConnectionManager,
    group: Group,
    chosen: watch::Receiver<Lists>,
    /// The keys of the lists that are chosen.
    lists: Vec<String>,
    positions_max: usize,
    heartbeat_due: Instant,
    away: bool,
    reached: watch::Sender<bool>,
}

/// What was popped in one go.
#[derive(Default)]
struct Popped {
    values: Vec<Vec<u8>>,
    bytes: usize,
}

impl Popped {
    fn extend(&mut self, values: Vec<Vec<u8>>) {
        self.bytes += values.iter().map(Vec::len).sum::<usize>();
        self.values.extend(values);
    }
}

impl Drain {
    /// A drain for `settings`. Redis need not be there yet. Must be called inside a runtime.
    ///
    /// # Errors
    /// When the client refuses its settings.
    pub fn new(mut settings: DrainSettings) -> RedisResult<Self> {
        // Whatever was said until now is looked at first.
        settings.lists.mark_changed();
        Ok(Self {
            connection: connection(&settings.redis, RESPONSE_TIMEOUT)?,
            group: settings.group,
            chosen: settings.lists,
            lists: Vec::new(),
            positions_max: settings.positions_max,
            heartbeat_due: Instant::now(),
            away: false,
            reached: watch::Sender::new(false),
        })
    }

    /// Whether Redis did what it was asked last; it is asked every second. `false` before the first time.
    #[must_use]
    pub fn reached(&self) -> watch::Receiver<bool> {
        self.reached.subscribe()
    }

    /// Registers the group and sends what comes, until `shutdown` or until nobody receives any more.
    pub async fn run(
        mut self,
        positions: mpsc::Sender<Vec<Position>>,
        shutdown: CancellationToken,
    ) {
        while !shutdown.is_cancelled() {
            // Room first: what is popped and not taken would be lost to other instances.
            let room = tokio::select! {
                room = positions.reserve() => room,
                () = shutdown.cancelled() => break,
            };
            let Ok(room) = room else { break };
            self.choose_lists();
            if self.lists.is_empty() {
                drop(room);
                self.wait_for_lists(&shutdown).await;
                continue;
            }
            match self.pop().await {
                Ok(popped) => {
                    self.note(None);
                    let decoded = decode(popped);
                    if !decoded.is_empty() {
                        room.send(decoded);
                    }
                }
                Err(error) => {
                    self.note(Some(&error));
                    drop(room);
                    tokio::select! {
                        () = sleep(AWAY_PAUSE) => {}
                        () = shutdown.cancelled() => break,
                    }
                }
            }
        }
    }

    fn choose_lists(&mut self) {
        if self.chosen.has_changed().unwrap_or(false) {
            let Lists { log_id, partitions } = &*self.chosen.borrow_and_update();
            self.lists =
                partitions.iter().map(|p| keys::outbox(*log_id, *p, &self.group)).collect();
        }
    }

    /// Keeps the group registered while there is nothing to pop: others of the group may have lists.
    async fn wait_for_lists(&mut self, shutdown: &CancellationToken) {
        let registered = self.heartbeat().await;
        self.note(registered.as_ref().err());
        let changed = async {
            if self.chosen.changed().await.is_err() {
                // Nobody chooses any more, as when everything stops.
                std::future::pending::<()>().await;
            }
            self.chosen.mark_changed();
        };
        tokio::select! {
            () = changed => {}
            () = sleep(HEARTBEAT_INTERVAL) => {}
            () = shutdown.cancelled() => {}
        }
    }

    /// Waits a little for something to come, then takes what there is, within the limits.
    async fn pop(&mut self) -> RedisResult<Popped> {
        self.heartbeat().await?;
        let mut popped = Popped::default();
        let first: Option<(String, Vec<Vec<u8>>)> = redis::cmd("BLMPOP")
            .arg(BLOCK.as_secs_f64())
            .arg(self.lists.len())
            .arg(&self.lists)
            .arg(Direction::Left)
            .arg("COUNT")
            .arg(FIRST_COUNT)
            .query_async(&mut self.connection)
            .await?;
        let Some((_, values)) = first else { return Ok(popped) };
        popped.extend(values);
        if let Err(error) = self.pop_more(&mut popped).await {
            // What has been popped is popped; the next round meets the error again.
            tracing::debug!(%error, "failed to take more from Redis");
        }
        Ok(popped)
    }

    async fn pop_more(&mut self, popped: &mut Popped) -> RedisResult<()> {
        let mut lists: Vec<&String> = self.lists.iter().collect();
        let mut count = FIRST_COUNT;
        while !lists.is_empty() && popped.bytes < POP_BYTES_MAX {
            let room = self.positions_max.saturating_sub(popped.values.len());
            count = count.min(room / lists.len());
            if count == 0 {
                break;
            }
            let mut pipeline = redis::pipe();
            for list in &lists {
                pipeline.cmd("LPOP").arg(list).arg(count);
            }
            let answers: Vec<Option<Vec<Vec<u8>>>> =
                pipeline.query_async(&mut self.connection).await?;
            let full = |answer: &Option<Vec<Vec<u8>>>| {
                answer.as_ref().is_some_and(|values| values.len() == count)
            };
            let mut answered = answers.iter().map(full);
            lists.retain(|_| answered.next().unwrap_or(false));
            answers.into_iter().flatten().for_each(|values| popped.extend(values));
            count = count.saturating_mul(2);
        }
        Ok(())
    }

    async fn heartbeat(&mut self) -> RedisResult<()> {
        if Instant::now() < self.heartbeat_due {
            return Ok(());
        }
        let now_ms = now_ms(&mut self.connection).await?;
        let groups = keys::groups(self.chosen.borrow().log_id);
        redis::pipe()
            .zadd(groups, self.group.to_string(), now_ms)
            .exec_async(&mut self.connection)
            .await?;
        self.heartbeat_due = Instant::now() + HEARTBEAT_INTERVAL;
        Ok(())
    }

    fn note(&mut self, error: Option<&redis::RedisError>) {
        match (error, self.away) {
            (Some(error), false) => tracing::warn!(%error, "Redis is away; polling the log"),
            (None, true) => tracing::info!("Redis is back"),
            _ => {}
        }
        self.away = error.is_some();
        self.reached
            .send_if_modified(|reached| std::mem::replace(reached, !self.away) == self.away);
        if self.away {
            // It may come back without the registration.
            self.heartbeat_due = Instant::now();
        }
    }
}

fn decode(popped: Popped) -> Vec<Position> {
    let count = popped.values.len();
    let positions: Vec<_> = popped.values.iter().filter_map(|value| entry::decode(value)).collect();
    if positions.len() < count {
        tracing::warn!(
            entries = count - positions.len(),
            "dropped entries of the outbox that are no positions; the log has the events"
        );
    }
    positions
}
