//! Taking in what other instances appended, under the head's lock.

use daybook_core::domain::Domain;
use daybook_core::event::RecordedEvent;
use daybook_eventlog::append::CatchUp;

use super::{Decider, UNOPPOSED_WINS};

impl<D: Domain> Decider<D> {
    /// Brings the cache up to the head. It holds only committed states now: a contended instance decides nothing ahead.
    pub(super) fn catch_up(&mut self, catch_up: CatchUp) {
        match &catch_up.events {
            Some(events) => {
                if !events.is_empty() {
                    // The win that follows is not an unopposed one, so it does not count.
                    self.caution.wins_needed = UNOPPOSED_WINS + 1;
                }
                for event in events {
                    self.take_in_event(event);
                }
            }
            None => {
                tracing::info!("too far behind the log to catch up event by event");
                self.caution.wins_needed = UNOPPOSED_WINS;
                self.cache.clear();
                self.loads.taint_all();
            }
        }
        self.known.head = Some(catch_up.head);
        self.known.tip = catch_up.tip;
    }

    fn take_in_event(&mut self, recorded: &RecordedEvent) {
        let stream_id = &recorded.stream_id;
        self.loads.taint(stream_id);
        if !self.cache.contains(stream_id) {
            return;
        }
        let here = self.cache.version(stream_id);
        if recorded.version <= here {
            // It was loaded after the other instance had appended.
            return;
        }
        match recorded.decode::<D::Event>() {
            Ok(event) if recorded.version == here.next() => {
                self.cache.evolve(stream_id, |state| self.domain.evolve(stream_id, state, &event));
            }
            Ok(_) => self.cache.evict(stream_id),
            Err(error) => {
                tracing::warn!(stream.id = %stream_id, %error, "an event cannot be read");
                self.cache.evict(stream_id);
            }
        }
    }
}
