//! The positions of the user's last receipts, one for each history of a log, from one run to the next.
//!
//! A question asks for an answer that reflects its log's saved position, and so shows what the same user wrote before.
//! They are kept in `positions.json` in the state directory, written whole, under a lock, mode 0600.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::state_dir::{state_dir, write_private};

/// Histories that are remembered, the last used ones: more logs than one user works with.
const HISTORIES_MAX: usize = 64;

/// What is saved, the last used history last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Positions {
    saved: Vec<Saved>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    log_history: String,
    position: i64,
}

/// What the saved positions say about a log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing was written to it.
    Nothing,
    /// Its answers must reflect this position.
    Position(i64),
    /// This position can no longer be asked for: the log ends before it, or has another history since.
    Lost(i64),
}

impl Positions {
    /// What is saved; nothing where there is no such file, or none of ours.
    pub(crate) fn load() -> Self {
        let read = || fs::read(state_dir()?.join("positions.json"));
        let text = read().unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// What is known of a log that ends at `head`.
    pub(crate) fn of(&self, log_history: &str, head: i64) -> Known {
        let log = log_of(log_history);
        let last = self.saved.iter().rev().find(|saved| log_of(&saved.log_history) == log);
        match last {
            None => Known::Nothing,
            Some(saved) if saved.log_history == log_history && saved.position <= head => {
                Known::Position(saved.position)
            }
            Some(saved) => Known::Lost(saved.position),
        }
    }

    fn put(&mut self, log_history: &str, position: i64) {
        let known = self.saved.iter().position(|saved| saved.log_history == log_history);
        let known = known.map_or(0, |at| self.saved.remove(at).position);
        self.saved
            .push(Saved { log_history: log_history.to_owned(), position: position.max(known) });
        let excess = self.saved.len().saturating_sub(HISTORIES_MAX);
        self.saved.drain(..excess);
    }

    fn remove(&mut self, log_history: &str) {
        let log = log_of(log_history);
        self.saved.retain(|saved| log_of(&saved.log_history) != log);
    }
}

/// Remembers a receipt's position. A service that is too old to say which log it is has its positions not saved.
pub(crate) fn save(log_history: &str, position: i64) -> io::Result<()> {
    if log_history.is_empty() {
        return Ok(());
    }
    change(|positions| positions.put(log_history, position))
}

/// Drops what is saved of a log, whichever history.
pub(crate) fn drop_of(log_history: &str) -> io::Result<()> {
    change(|positions| positions.remove(log_history))
}

fn change(change: impl FnOnce(&mut Positions)) -> io::Result<()> {
    let directory = state_dir()?;
    fs::create_dir_all(&directory)?;
    let lock = File::create(directory.join("positions.lock"))?;
    // Another call of this user that writes at the same moment; it takes milliseconds.
    lock.lock()?;
    let mut positions = Positions::load();
    change(&mut positions);
    let text = serde_json::to_vec(&positions).map_err(io::Error::other)?;
    write_private(&Path::new(&directory).join("positions.json"), &text)
}

/// The log, whichever history: what comes before the slash.
fn log_of(log_history: &str) -> &str {
    log_history.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_asked_for_while_its_history_reaches_it() {
        let mut positions = Positions::default();
        positions.put("a/1", 7);
        positions.put("a/1", 5);
        positions.put("b/1", 2);
        for (log, head, known) in [
            ("a/1", 7, Known::Position(7)),
            ("a/1", 6, Known::Lost(7)),
            ("a/2", 9, Known::Lost(7)),
            ("b/1", 9, Known::Position(2)),
            ("c/1", 9, Known::Nothing),
        ] {
            assert_eq!(positions.of(log, head), known, "{log} {head}");
        }
        positions.put("a/2", 3);
        assert_eq!(positions.of("a/2", 9), Known::Position(3));
        positions.remove("a/2");
        assert_eq!(positions.of("a/1", 9), Known::Nothing);
        for log in 0..1000 {
            positions.put(&format!("{log}/1"), 1);
        }
        assert_eq!(positions.saved.len(), HISTORIES_MAX);
    }
}
