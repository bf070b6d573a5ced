//! Log lines that would come again and again while something is wrong: the first at once, then one in a while that says
//! how many were left out.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the same line is written.
const INTERVAL: Duration = Duration::from_secs(30);

/// Different lines that are told apart within [`INTERVAL`]; beyond it further ones are left out, so that texts that differ
/// each time are bounded too.
const TOPICS_MAX: usize = 16;

/// Which lines were written lately.
#[derive(Debug)]
pub struct Repeats {
    topics: Mutex<BTreeMap<String, Topic>>,
}

#[derive(Debug)]
struct Topic {
    written_at: Instant,
    left_out: u64,
}

impl Repeats {
    /// Nothing was written yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { topics: Mutex::new(BTreeMap::new()) }
    }

    /// Whether a line about `topic` is to be written now, and how many were left out since the last one.
    #[must_use]
    pub fn note(&self, topic: &str) -> Option<u64> {
        self.note_at(topic, Instant::now())
    }

    /// What was wrong is over: if it comes again, that is news.
    pub fn clear(&self) {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn note_at(&self, topic: &str, now: Instant) -> Option<u64> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = topics.get_mut(topic) {
            if now.saturating_duration_since(known.written_at) < INTERVAL {
                known.left_out += 1;
                return None;
            }
            known.written_at = now;
            return Some(std::mem::take(&mut known.left_out));
        }
        topics.retain(|_, topic| now.saturating_duration_since(topic.written_at) < INTERVAL);
        if topics.len() >= TOPICS_MAX {
            return None;
        }
        topics.insert(topic.to_owned(), Topic { written_at: now, left_out: 0 });
        Some(0)
    }
}

impl Default for Repeats {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_is_written_once_and_then_counted() {
        let (repeats, start) = (Repeats::new(), Instant::now());
        assert_eq!(repeats.note_at("disk full", start), Some(0));
        for n in 1..=400 {
            assert_eq!(repeats.note_at("disk full", start + Duration::from_millis(n * 60)), None);
        }
        assert_eq!(repeats.note_at("disk full", start + INTERVAL), Some(400));
        assert_eq!(repeats.note_at("disk full", start + INTERVAL), None);
        repeats.clear();
        assert_eq!(repeats.note_at("disk full", start + INTERVAL), Some(0));
    }

    #[test]
    fn lines_that_differ_each_time_are_bounded_too() {
        let (repeats, start) = (Repeats::new(), Instant::now());
        let written = |at: Instant| {
            (0..1000).filter(|n| repeats.note_at(&format!("line {n}"), at).is_some()).count()
        };
        assert_eq!(written(start), TOPICS_MAX);
        assert_eq!(written(start + INTERVAL), TOPICS_MAX);
    }
}
