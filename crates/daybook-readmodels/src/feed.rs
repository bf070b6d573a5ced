//! Decides which events are next: of those that are read from the log because a message named their position, which may
//! come twice, late, out of order, from a forger or never, and of pages of the log. It is given rows of the log and nothing
//! else: the partition and the links are the log's.
//!
//! For each partition it holds a frontier: all up to there was handed on. An event at or below it is a duplicate; one
//! whose `prev_position` is at or below it is next in line; otherwise something is missing, and after a short patience
//! the log is read. By G3 whatever lies below a seen position is visible already, so a gap can always be filled at once.
//! A partition that is added is *catching up*: it is read from the log, page by page, and its messages are left where they
//! are, until nothing is left to read. Partitions that are level go on with messages meanwhile. A frontier only moves
//! forward; what is known of a partition is thrown away when it is removed, and all of it with any failure: what comes
//! next starts from the checkpoints.

use std::collections::BTreeMap;
use std::time::Duration;

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Head;
use tokio::time::Instant;

/// How long a missing message may take to arrive before the log is read instead: longer than two command services take
/// to push one after the other, short for somebody who waits.
const PATIENCE: Duration = Duration::from_millis(10);

/// The same for a partition that is behind the head while messages of others flow: its own are probably on their way.
const PATIENCE_UNDER_LOAD: Duration = Duration::from_millis(100);

/// The next events of all partitions.
pub(crate) struct Feed {
    /// Index = partition; `None` where nothing is to be applied here.
    lanes: Vec<Option<Lane>>,
    held: usize,
    held_max: usize,
}

#[derive(Default)]
struct Lane {
    frontier: Position,
    /// More than a page behind, or new: messages are no use yet.
    catching_up: bool,
    /// Events that came before what they follow.
    held: BTreeMap<Position, RecordedEvent>,
    /// Since when something is held.
    held_since: Option<Instant>,
    /// Since when the log is known to have more, without any progress here.
    behind_since: Option<Instant>,
}

/// A page of the log lacks an event: G3 does not hold there.
#[derive(Debug, thiserror::Error)]
#[error(
    "the log lacks an event: the one at {position} follows {prev_position}, but {frontier} was the last before it"
)]
pub(crate) struct BrokenLog {
    position: Position,
    prev_position: Position,
    frontier: Position,
}

impl Feed {
    /// A feed with no partition yet. It holds at most about `held_max` events that came too early.
    pub(crate) fn new(partition_count: u16, held_max: usize) -> Self {
        let lanes = (0..partition_count).map(|_| None).collect();
        Self { lanes, held: 0, held_max }
    }

    /// Starts a partition behind `frontier`; whatever was known of it is forgotten.
    pub(crate) fn add(&mut self, partition: Partition, frontier: Position) {
        if let Some(lane) = self.lanes.get_mut(partition.index()) {
            *lane = Some(Lane { frontier, catching_up: true, ..Lane::default() });
        }
        self.count_held();
    }

    /// Hands on nothing of a partition any more.
    pub(crate) fn remove(&mut self, partition: Partition) {
        if let Some(lane) = self.lanes.get_mut(partition.index()) {
            *lane = None;
        }
        self.count_held();
    }

    /// Whether a partition is still read from the log, page by page.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.lanes.iter().flatten().any(|lane| lane.catching_up)
    }

    /// The partitions whose messages are of use.
    pub(crate) fn level_partitions(&self) -> Vec<Partition> {
        let numbered = (0..).map(Partition).zip(&self.lanes);
        let of_use = |lane: &Option<Lane>| lane.as_ref().is_some_and(|lane| !lane.catching_up);
        numbered.filter(|(_, lane)| of_use(lane)).map(|(partition, _)| partition).collect()
    }

    /// Which of the positions that messages named are to be read from the log: in order, each once, at most `max`, and none
    /// that all partitions whose messages are of use are past.
    pub(crate) fn wanted(&self, mut named: Vec<Position>, max: usize) -> Vec<Position> {
        let level = self.lanes.iter().flatten().filter(|lane| !lane.catching_up);
        let Some(lowest) = level.map(|lane| lane.frontier).min() else { return Vec::new() };
        named.retain(|position| *position > lowest);
        named.sort_unstable();
        named.dedup();
        named.truncate(max);
        named
    }

    /// Takes events of the log in and gives those that are next, in order within each partition.
    pub(crate) fn offer(&mut self, events: Vec<RecordedEvent>, now: Instant) -> Vec<RecordedEvent> {
        let mut next = Vec::with_capacity(events.len());
        for event in events {
            if let Some(lane) = lane_mut(&mut self.lanes, event.partition) {
                lane.offer(event, now, &mut next);
            }
        }
        self.count_held();
        next
    }

    /// Takes in a page that holds the whole log from behind `after` up to its last event, or, where it is the `end`, to
    /// the end of the log.
    pub(crate) fn take_page(
        &mut self,
        after: Position,
        page: Vec<RecordedEvent>,
        end: bool,
        now: Instant,
    ) -> Result<Vec<RecordedEvent>, BrokenLog> {
        let last = page.last().map_or(after, |event| event.position);
        let mut next = Vec::with_capacity(page.len());
        for event in page {
            let Some(lane) = lane_mut(&mut self.lanes, event.partition) else { continue };
            let (position, prev_position) = (event.position, event.prev_position);
            if lane.is_next(&event) {
                lane.hand_on(event, &mut next);
            } else if position > lane.frontier {
                return Err(BrokenLog { position, prev_position, frontier: lane.frontier });
            }
        }
        for lane in self.lanes.iter_mut().flatten() {
            // A lane that starts before the page is not covered by it.
            if lane.frontier >= after {
                lane.advance(last);
                // Right at the end of a page that is not the last there is more to read; beyond it there is not.
                lane.catching_up = !end && (lane.catching_up || lane.frontier == last);
            }
            lane.release(now, &mut next);
        }
        self.count_held();
        Ok(next)
    }

    /// Notes which partitions have more in the log than came here.
    pub(crate) fn observe(&mut self, head: &Head, now: Instant) {
        for (partition, lane) in self.lanes.iter_mut().enumerate() {
            let Some(lane) = lane else { continue };
            if last_in(head, partition) <= lane.frontier {
                lane.behind_since = None;
            } else {
                lane.behind_since.get_or_insert(now);
            }
        }
    }

    /// Partitions that have nothing more up to `head` are level with it.
    pub(crate) fn level(&mut self, head: &Head) {
        for (partition, lane) in self.lanes.iter_mut().enumerate() {
            let Some(lane) = lane else { continue };
            if last_in(head, partition) <= lane.frontier {
                lane.advance(head.position);
                lane.catching_up = false;
            }
        }
    }

    /// Whether messages have been waited for long enough. `idle`: none came at all lately.
    pub(crate) fn must_read_log(&self, now: Instant, idle: bool) -> bool {
        let patience = if idle { PATIENCE } else { PATIENCE_UNDER_LOAD };
        let over = |since: Option<Instant>, patience| {
            since.is_some_and(|since| now.duration_since(since) >= patience)
        };
        self.held > self.held_max
            || self
                .lanes
                .iter()
                .flatten()
                .any(|lane| over(lane.held_since, PATIENCE) || over(lane.behind_since, patience))
    }

    /// How long to wait for messages at most.
    pub(crate) fn patience(&self, now: Instant, poll_interval: Duration) -> Duration {
        let since = self
            .lanes
            .iter()
            .flatten()
            .flat_map(|lane| [lane.held_since, lane.behind_since])
            .flatten()
            .min();
        since.map_or(poll_interval, |since| {
            PATIENCE.saturating_sub(now.duration_since(since)).min(poll_interval)
        })
    }

    /// Where to read the log from: the lowest frontier of the partitions that lack something.
    pub(crate) fn lowest_behind(&self) -> Option<Position> {
        let lacks = |lane: &&Lane| lane.behind_since.is_some() || !lane.held.is_empty();
        self.lanes.iter().flatten().filter(lacks).map(|lane| lane.frontier).min()
    }

    fn count_held(&mut self) {
        self.held = self.lanes.iter().flatten().map(|lane| lane.held.len()).sum();
    }

    /// How far each partition was handed on (index = partition).
    pub(crate) fn frontiers(&self) -> Vec<Option<Position>> {
        self.lanes.iter().map(|lane| lane.as_ref().map(|lane| lane.frontier)).collect()
    }
}

impl Lane {
    fn offer(&mut self, event: RecordedEvent, now: Instant, next: &mut Vec<RecordedEvent>) {
        if self.is_next(&event) {
            self.hand_on(event, next);
            self.release(now, next);
        } else if event.position > self.frontier && !self.catching_up {
            self.held.insert(event.position, event);
            self.held_since.get_or_insert(now);
        }
    }

    fn is_next(&self, event: &RecordedEvent) -> bool {
        event.prev_position <= self.frontier && self.frontier < event.position
    }

    fn hand_on(&mut self, event: RecordedEvent, next: &mut Vec<RecordedEvent>) {
        self.advance(event.position);
        next.push(event);
    }

    fn advance(&mut self, to: Position) {
        if to > self.frontier {
            self.frontier = to;
            self.behind_since = None;
        }
    }

    /// Hands on what is held and now next, and drops what came by another way.
    fn release(&mut self, now: Instant, next: &mut Vec<RecordedEvent>) {
        let held_before = self.held.len();
        while let Some(first) = self.held.first_entry() {
            if first.get().position <= self.frontier {
                first.remove();
            } else if first.get().prev_position <= self.frontier {
                let event = first.remove();
                self.hand_on(event, next);
            } else {
                break;
            }
        }
        if self.held.is_empty() {
            self.held_since = None;
        } else if self.held.len() < held_before {
            // Another gap: it gets patience of its own.
            self.held_since = Some(now);
        }
    }
}

fn lane_mut(lanes: &mut [Option<Lane>], partition: Partition) -> Option<&mut Lane> {
    lanes.get_mut(partition.index())?.as_mut()
}

fn last_in(head: &Head, partition: usize) -> Position {
    head.partition_positions.get(partition).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
