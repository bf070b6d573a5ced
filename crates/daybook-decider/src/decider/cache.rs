//! The aggregates in memory: the state that commands are decided against, committed or not.
//!
//! Bounded by bytes, beside the streams that waiting commands lean on; the one used longest ago goes first. A stream with
//! uncommitted events never goes: its state is nowhere else.

use std::collections::HashSet;

use daybook_core::domain::States;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use lru::LruCache;

/// What an entry takes beside its own fields and texts: its place in the hash table and in the list of uses, two
/// allocations. Measured with 100,000 accounts, rounded up.
const ENTRY_BYTES: usize = 128;

/// A stream in memory.
#[derive(Debug)]
struct Cached<S> {
    /// Version of its last event; zero: it does not exist.
    version: Version,
    /// Its state; `None` where it does not exist.
    state: Option<S>,
    /// How many decided commands with events on it are not committed yet.
    uncommitted: u32,
    /// What it takes, all in all.
    bytes: usize,
}

/// The streams in memory.
pub(super) struct Cache<S> {
    streams: LruCache<StreamId, Cached<S>>,
    bytes: usize,
    bytes_max: usize,
    heap_bytes: Box<dyn Fn(&S) -> usize + Send>,
}

impl<S> Cache<S> {
    /// A cache of at most `bytes_max`, where a state has `heap_bytes` beside its own size.
    pub(super) fn new(bytes_max: usize, heap_bytes: impl Fn(&S) -> usize + Send + 'static) -> Self {
        Self {
            streams: LruCache::unbounded(),
            bytes: 0,
            bytes_max,
            heap_bytes: Box::new(heap_bytes),
        }
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
        self.evict(&stream_id);
        let bytes = self.weigh(&stream_id, state.as_ref());
        self.bytes += bytes;
        self.streams.put(stream_id, Cached { version, state, uncommitted: 0, bytes });
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
        let heap_bytes = stream.state.as_ref().map_or(0, &self.heap_bytes);
        let bytes = fixed_bytes::<S>(stream_id) + heap_bytes;
        self.bytes = self.bytes - stream.bytes + bytes;
        stream.bytes = bytes;
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
        if let Some(stream) = self.streams.pop(stream_id) {
            self.bytes -= stream.bytes;
        }
    }

    pub(super) fn clear(&mut self) {
        self.streams.clear();
        self.bytes = 0;
    }

    fn weigh(&self, stream_id: &StreamId, state: Option<&S>) -> usize {
        fixed_bytes::<S>(stream_id) + state.map_or(0, &self.heap_bytes)
    }

    /// How many streams it holds, and what they take in bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.streams.len(), self.bytes)
    }

    /// Whether it holds more than it should.
    pub(super) fn is_over_full(&self) -> bool {
        self.bytes > self.bytes_max
    }

    /// Lets go of what is too much. Pinned and needed streams are passed over, once each.
    pub(super) fn shrink(&mut self, needed: &HashSet<StreamId>) {
        let mut passed_over = 0;
        while self.is_over_full() && passed_over < self.streams.len() {
            let Some((stream_id, stream)) = self.streams.pop_lru() else { return };
            if stream.uncommitted > 0 || needed.contains(&stream_id) {
                passed_over += 1;
                self.streams.put(stream_id, stream);
            } else {
                self.bytes -= stream.bytes;
            }
        }
    }
}

/// What a stream takes without its state's heap.
fn fixed_bytes<S>(stream_id: &StreamId) -> usize {
    ENTRY_BYTES + size_of::<(StreamId, Cached<S>)>() + stream_id.as_str().len()
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

    /// Room for `streams` streams whose states have nothing on the heap.
    fn cache_of(streams: usize) -> Cache<usize> {
        Cache::new(streams * fixed_bytes::<usize>(&stream(0)), |_| 0)
    }

    #[test]
    fn the_stream_used_longest_ago_goes_first_unless_it_is_needed_or_has_uncommitted_events() {
        let mut cache = cache_of(2);
        for n in 0..4 {
            cache.insert(stream(n), Version::ZERO, Some(n));
        }
        cache.pin(&stream(0));
        cache.shrink(&HashSet::from([stream(1)]));
        assert!(cache.contains(&stream(0)), "has uncommitted events");
        assert!(cache.contains(&stream(1)), "needed");
        assert_eq!(cache.streams.len(), 2);

        cache.unpin(&stream(0));
        cache.insert(stream(4), Version::ZERO, Some(4));
        cache.shrink(&HashSet::new());
        assert_eq!(cache.streams.len(), 2);
        assert!(cache.contains(&stream(4)));
    }

    #[test]
    fn a_state_that_grows_takes_the_room_of_others() {
        let room = 4 * fixed_bytes::<usize>(&stream(0));
        let mut cache = Cache::new(room, |state| *state);
        for n in 0..4 {
            cache.insert(stream(n), Version::ZERO, Some(0));
        }
        assert!(!cache.is_over_full());
        cache.evolve(&stream(3), |_| Some(room / 2));
        cache.shrink(&HashSet::new());
        assert!(cache.contains(&stream(3)));
        assert!(cache.streams.len() < 4, "{} streams", cache.streams.len());
        for n in 0..4 {
            cache.evict(&stream(n));
        }
        assert_eq!(cache.bytes, 0, "what went in came out");
    }

    #[test]
    fn evolving_counts_versions() {
        let mut cache = cache_of(2);
        cache.insert(stream(0), Version::ZERO, None);
        assert_eq!(cache.evolve(&stream(0), |state| Some(state.unwrap_or(0) + 5)).get(), 1);
        assert_eq!(cache.evolve(&stream(0), |state| Some(state.unwrap_or(0) + 5)).get(), 2);
        assert_eq!(cache.state(&stream(0)), Some(&10));
    }
}
