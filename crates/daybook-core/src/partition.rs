//! Partitions: a fixed number of slices of the log, by hash of the stream id; the unit of parallel projection.
//!
//! The partition is computed once, by the appender, and stored with the event: everybody else reads it.

use serde::{Deserialize, Serialize};

use crate::stream::StreamId;

/// Number of partitions of a new log unless another is asked for.
pub const PARTITION_COUNT_DEFAULT: u16 = 16;

/// Most partitions that a log may have.
pub const PARTITION_COUNT_MAX: u16 = 1024;

/// A slice of the log, 0 .. count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Partition(pub u16);

impl Partition {
    /// The partition of a stream in a log of `count` partitions (at least 1).
    #[must_use]
    pub fn of(stream_id: &StreamId, count: u16) -> Self {
        let slot = fnv1a_64(stream_id.as_str().as_bytes()) % u64::from(count.max(1));
        Self(u16::try_from(slot).expect("a remainder is below its u16 divisor"))
    }

    /// As an index into an array with one place per partition.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// FNV-1a with 64 bits, after Fowler, Noll and Vo (draft-eastlake-fnv): small, and the same in every language.
fn fnv1a_64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_matches_the_published_vectors() {
        assert_eq!(fnv1a_64(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a_64(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a_64(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn streams_spread_over_all_partitions() {
        let mut seen = [0_u32; 16];
        for n in 0..1600 {
            let id = StreamId::parse(&format!("account-{n}")).expect("valid");
            seen[Partition::of(&id, 16).index()] += 1;
        }
        assert!(seen.iter().all(|n| (50..=150).contains(n)), "{seen:?}");
    }
}
