//! The aggregates in memory: the state that commands are decided against, committed or not.
//!
//! Bounded by a number of streams, beside those that waiting commands lean on; the one used longest ago goes first. A
//! stream with uncommitted events never goes: its state is nowhere else.

use std::collections::HashSet;

use daybook_core::domain::States;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use lru::LruCache;

/// A stream in memory.
#[derive(Debug)]
pub(super) struct Cached<S> {
    /// Version of its last event; zero: it does not exist.
    pub(super) version: Version,
    /// Its state; `None` where it does not exist.
    pub(super) state: Option<S>,
    /// How many decided commands with events on it are not committed yet.
    uncommitted: u32,
}

/// The streams in memory.
pub(super) struct Cache<S> {
    streams: LruCache<StreamId, Cached<S>>,
    streams_max: usize,
}

impl<S> Cache<S> {
    pub(super) fn new(streams_max: usize) -> Self {
        Self { streams: LruCache::unbounded(), streams_max }
    }

    pub(super) fn contains(&self, stream_id: &StreamId) -> bool {
        self.streams.contains(stream_id)
    }

    /// The version of a stream that is here, else zero.
    pub(super) fn version(&self, stream_id: &StreamId) -> Version {
        self.streams.peek(stream_id).map_or(Version::ZERO, |stream| stream.version)
    }

    /// Takes in a stream as the log has it.
    pub(super) fn insert(&mut self, stream_id: StreamId, version: Version, state: Option<S>) {
        self.streams.put(stream_id, Cached { version, state, uncommitted: 0 });
    }

    /// Applies one more event to a stream that is here; `evolve` makes the next state of the last.
    pub(super) fn evolve(
        &mut self,
        stream_id: &StreamId,
        evolve: impl FnOnce(Option<S>) -> Option<S>,
    ) -> Version {
        let Some(stream) = self.streams.get_mut(stream_id) else { return Version::ZERO };
        stream.state = evolve(stream.state.take());
        stream.version = stream.version.next();
        stream.version
    }

    /// Keeps a stream here until as many [`Cache::unpin`]s.
    pub(super) fn pin(&mut self, stream_id: &StreamId) {
        if let Some(stream) = self.streams.peek_mut(stream_id) {
            stream.uncommitted += 1;
        }
    }

    /// See [`Cache::pin`].
    pub(super) fn unpin(&mut self, stream_id: &StreamId) {
        if let Some(stream) = self.streams.peek_mut(stream_id) {
            stream.uncommitted = stream.uncommitted.saturating_sub(1);
        }
    }

    pub(super) fn evict(&mut self, stream_id: &StreamId) {
        self.streams.pop(stream_id);
    }

    pub(super) fn clear(&mut self) {
        self.streams.clear();
    }

    /// Whether it holds more streams than it should.
    pub(super) fn is_over_full(&self) -> bool {
        self.streams.len() > self.streams_max
    }

    /// Lets go of what is too much. Pinned and needed streams are passed over, once each.
    pub(super) fn shrink(&mut self, needed: &HashSet<StreamId>) {
        let mut passed_over = 0;
        while self.is_over_full() && passed_over < self.streams.len() {
            let Some((stream_id, stream)) = self.streams.pop_lru() else { return };
            if stream.uncommitted > 0 || needed.contains(&stream_id) {
                passed_over += 1;
                self.streams.put(stream_id, stream);
            }
        }
    }
}

impl<S> States<S> for Cache<S> {
    fn state(&self, stream_id: &StreamId) -> Option<&S> {
        self.streams.peek(stream_id)?.state.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(n: usize) -> StreamId {
        StreamId::parse(&format!("thing-{n}")).expect("valid")
    }

    #[test]
    fn the_stream_used_longest_ago_goes_first_unless_it_has_uncommitted_events() {
        let mut cache = Cache::new(2);
        for n in 0..2 {
            cache.insert(stream(n), Version::ZERO, Some(n));
        }
        cache.pin(&stream(0));
        cache.insert(stream(2), Version::ZERO, Some(2));
        cache.shrink(&HashSet::new());
        assert!(cache.contains(&stream(0)), "pinned");
        assert!(!cache.contains(&stream(1)), "unused and not pinned");
        assert!(cache.contains(&stream(2)));

        cache.unpin(&stream(0));
        cache.insert(stream(3), Version::ZERO, Some(3));
        cache.insert(stream(4), Version::ZERO, Some(4));
        cache.shrink(&HashSet::from([stream(2)]));
        assert!(cache.contains(&stream(2)), "needed");
        assert!(!cache.contains(&stream(0)) && !cache.contains(&stream(3)));
    }

    #[test]
    fn evolving_counts_versions() {
        let mut cache = Cache::new(2);
        cache.insert(stream(0), Version::ZERO, None);
        assert_eq!(cache.evolve(&stream(0), |state| Some(state.unwrap_or(0) + 5)).get(), 1);
        assert_eq!(cache.evolve(&stream(0), |state| Some(state.unwrap_or(0) + 5)).get(), 2);
        assert_eq!(cache.state(&stream(0)), Some(&10));
    }
}
