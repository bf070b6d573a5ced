//! The bounded queue between the journal and the publisher: putting in never waits and never fails. When it is full its
//! oldest batch goes, because the newest are the ones that a projector still waits for; the log has them all.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use daybook_core::event::RecordedEvent;
use tokio::sync::Notify;

use crate::message::Origin;

/// What an event takes beside its payload and metadata, roughly.
const EVENT_OVERHEAD_BYTES: usize = 400;

/// Committed events of one append, in order.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) origin: Origin,
    pub(crate) events: Vec<RecordedEvent>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    bytes_max: usize,
    dropped_events: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<(Batch, usize)>,
    bytes: usize,
}

impl Queue {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let (waiting, arrived) = (Mutex::default(), Notify::new());
        Self { waiting, arrived, bytes_max, dropped_events: AtomicU64::new(0) }
    }

    pub(crate) fn put(&self, batch: Batch) {
        let bytes = batch.events.iter().map(bytes_of).sum();
        let mut dropped = 0;
        self.locked(|waiting| {
            while waiting.bytes.saturating_add(bytes) > self.bytes_max {
                let Some(oldest) = waiting.take_oldest() else { break };
                dropped += oldest.events.len();
            }
            waiting.bytes = waiting.bytes.saturating_add(bytes);
            waiting.batches.push_back((batch, bytes));
        });
        self.count_dropped(dropped);
        self.arrived.notify_one();
    }

    /// The oldest batches, together at most `events_max` events unless the first alone has more.
    pub(crate) fn take(&self, events_max: usize) -> Vec<Batch> {
        self.locked(|waiting| {
            let (mut taken, mut events) = (Vec::new(), 0);
            while let Some((next, _)) = waiting.batches.front() {
                events += next.events.len();
                if !taken.is_empty() && events > events_max {
                    break;
                }
                taken.extend(waiting.take_oldest());
            }
            taken
        })
    }

    /// Returns when there is something to take.
    pub(crate) async fn arrived(&self) {
        while self.locked(|waiting| waiting.batches.is_empty()) {
            // A batch that is put in right here leaves a permit, so that this returns at once.
            self.arrived.notified().await;
        }
    }

    pub(crate) fn count_dropped(&self, events: usize) {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        if events > 0 {
            metrics::counter!("daybook_outbox_dropped_events_total").increment(events);
        }
        self.dropped_events.fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn dropped_events(&self) -> u64 {
        self.dropped_events.load(Ordering::Relaxed)
    }

    fn locked<T>(&self, f: impl FnOnce(&mut Waiting) -> T) -> T {
        // Nothing in there can panic half-way.
        f(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Waiting {
    fn take_oldest(&mut self) -> Option<Batch> {
        let (batch, bytes) = self.batches.pop_front()?;
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(batch)
    }
}

fn bytes_of(event: &RecordedEvent) -> usize {
    event.data.get().len() + event.metadata.get().len() + EVENT_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::{ORIGIN, event};

    fn batch(events: usize) -> Batch {
        Batch { origin: ORIGIN, events: std::iter::repeat_with(event).take(events).collect() }
    }

    fn sizes(batches: &[Batch]) -> Vec<usize> {
        batches.iter().map(|batch| batch.events.len()).collect()
    }

    #[test]
    fn when_it_is_full_the_oldest_batch_goes_and_is_counted() {
        let queue = Queue::new(bytes_of(&event()) * 10);
        for size in [4, 5, 3, 2] {
            queue.put(batch(size));
        }
        assert_eq!(queue.dropped_events(), 4);
        assert_eq!(sizes(&queue.take(100)), [5, 3, 2]);
        // One that is too large by itself goes in all the same: it is bounded by the batch of the journal.
        queue.put(batch(11));
        assert_eq!(sizes(&queue.take(100)), [11]);
        assert_eq!(queue.dropped_events(), 4);
    }

    #[test]
    fn batches_are_taken_oldest_first_and_never_split() {
        let queue = Queue::new(usize::MAX);
        for size in [4, 2, 3, 9] {
            queue.put(batch(size));
        }
        assert_eq!(sizes(&queue.take(8)), [4, 2]);
        assert_eq!(sizes(&queue.take(8)), [3]);
        assert_eq!(sizes(&queue.take(8)), [9]);
        assert!(queue.take(8).is_empty());
    }
}
