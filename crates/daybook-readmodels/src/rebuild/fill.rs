//! Filling: one reader pages through the log in order and deals the events to workers, each partition to one of them.
//!
//! Memory is bounded by the pages on their way and by what the workers may pile up. Nothing is written down about how far
//! it is: a filling that was stopped starts anew.

use std::sync::Arc;

use daybook_core::event::{EventPayload, RecordedEvent};
use daybook_core::ids::Position;
use daybook_eventlog::Replay;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::build::{Build, Frontier};
use super::progress::{Phase, Watch};
use super::worker::Worker;
use super::{RebuildError, Rebuilder};

/// Events of a page: what was read is then still in the processor's cache when it is folded.
const PAGE_EVENTS: u32 = 1024;

/// Bytes of a page, at most: with [`LANE_PAGES`] it bounds what waits for a worker, however large the events are.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// Pages that may wait for a worker, which has other things to do for as long as a COPY takes.
const LANE_PAGES: usize = 8;

/// Up to where each build is filled (index = partition).
pub(super) type Limits = Vec<Vec<Position>>;

impl Rebuilder {
    /// Up to where to fill: the head; with `verify` not beyond the live checkpoints, which a generation that is to be
    /// compared with them must not pass.
    pub(super) async fn limits<E>(
        &self,
        builds: &[Arc<Build<E>>],
        verify: bool,
    ) -> Result<Limits, RebuildError> {
        let head = self.log.head().await?;
        let mut limits = Vec::new();
        for build in builds {
            limits.push(if verify {
                self.comparable(build).await?
            } else {
                vec![head.position; head.partition_positions.len()]
            });
        }
        Ok(limits)
    }

    /// Fills all builds from one reading of the log.
    pub(super) async fn fill<E: EventPayload>(
        &self,
        builds: &[Arc<Build<E>>],
        limits: &Limits,
        watch: &Watch,
    ) -> Result<Vec<Frontier>, RebuildError> {
        watch.enter(Phase::Filling);
        let partition_count = self.log.identity().await?.partition_count;
        let after = builds.iter().map(|build| build.after).min().unwrap_or_default();
        let until = limits.iter().flatten().max().copied().unwrap_or_default();
        let mut frontiers = vec![Frontier::at(Position::ZERO, partition_count); builds.len()];
        let mut workers = JoinSet::new();
        let mut lanes = Vec::new();
        for _ in 0..self.workers {
            let (lane, events) = mpsc::channel(LANE_PAGES);
            lanes.push(lane);
            let memory = self.memory_bytes / self.workers;
            let connection = self.connector.connect().await?;
            let (read, keys) = (self.read.clone(), self.keys.clone());
            let worker = Worker::new(connection, read, keys, builds, limits, memory);
            workers.spawn(worker.run(events));
        }
        let replay = self.log.replay().after(after).up_to(until);
        let replay = replay.page_events(PAGE_EVENTS).page_bytes(PAGE_BYTES);
        let dealt = deal(replay, after, lanes, limits, &mut frontiers, watch).await;
        // All of them come to their end, so that nobody holds on to the tables when they are dropped. And a worker's own
        // error says more than that it takes no more events.
        let mut done = Ok(());
        while let Some(ended) = workers.join_next().await {
            done = done.and(ended.unwrap_or(Err(RebuildError::Panicked)));
        }
        done.and(dealt)?;
        for (frontier, limits) in frontiers.iter_mut().zip(limits) {
            frontier.move_to(until, limits);
        }
        Ok(frontiers)
    }
}

/// Reads and deals until the replay or the workers end, and notes the last event of each partition.
async fn deal(
    mut replay: Replay,
    after: Position,
    lanes: Vec<mpsc::Sender<Vec<RecordedEvent>>>,
    limits: &Limits,
    frontiers: &mut [Frontier],
    watch: &Watch,
) -> Result<(), RebuildError> {
    while let Some(page) = replay.next_page().await? {
        let mut hands: Vec<_> =
            lanes.iter().map(|_| Vec::with_capacity(page.events.len())).collect();
        for event in page.events {
            for (frontier, limits) in frontiers.iter_mut().zip(limits) {
                if frontier.is_due(&event, limits) {
                    frontier.note(&event);
                }
            }
            let worker = event.partition.index() % hands.len();
            hands[worker].push(event);
        }
        for (lane, hand) in lanes.iter().zip(hands) {
            if lane.send(hand).await.is_err() {
                // The worker has failed, and says so itself.
                return Ok(());
            }
        }
        watch.filling(after, replay.progress());
    }
    Ok(())
}
