//! The command ids of lines that name none.
//!
//! An id follows from the batch, the text of the line, and how many lines with the same text are before it. So it stays
//! the same when other lines are mended, moved, added or deleted, and two equal lines are two commands.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Different lines of one file, at most: to tell the first of two equal lines from the second each is remembered, in
/// about 20 bytes, together some 220 MB at the worst.
const DIFFERENT_LINES_MAX: usize = 7_000_000;

/// The SHA-256 of a line's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextHash([u8; 32]);

impl TextHash {
    pub(super) fn of(text: &[u8]) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The first 64 bits. Two texts that agree in them (one pair in some millions of such files) are counted together,
    /// and still have different ids.
    pub(super) fn short(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Gives out the ids of a file's lines, in their order.
#[derive(Debug)]
pub(super) struct Ids {
    batch: [u8; 32],
    seen: HashMap<u64, u32>,
}

/// What an id follows from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id {
    batch: [u8; 32],
    text: TextHash,
    occurrence: u32,
}

impl Ids {
    pub(super) fn new(batch: &str) -> Self {
        Self { batch: Sha256::digest(batch).into(), seen: HashMap::new() }
    }

    /// The id of the next line.
    pub(super) fn next(&mut self, text: TextHash) -> Result<Id, String> {
        if self.seen.len() >= DIFFERENT_LINES_MAX && !self.seen.contains_key(&text.short()) {
            return Err(format!(
                "comes after {DIFFERENT_LINES_MAX} different ones, which is the limit of one import; split the file"
            ));
        }
        let occurrence = self.seen.entry(text.short()).or_default();
        *occurrence += 1;
        Ok(Id { batch: self.batch, text, occurrence: *occurrence })
    }
}

impl Id {
    /// As it is sent.
    pub(super) fn text(self) -> String {
        let hash = Sha256::new()
            .chain_update(self.batch)
            .chain_update(self.text.0)
            .chain_update(self.occurrence.to_be_bytes());
        hash.finalize().iter().fold("line:".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(batch: &str, lines: &[&str]) -> Vec<String> {
        let mut ids = Ids::new(batch);
        let mut id = |line: &&str| ids.next(TextHash::of(line.as_bytes())).unwrap().text();
        lines.iter().map(&mut id).collect()
    }

    #[test]
    fn an_id_follows_from_batch_text_and_occurrence_alone() {
        let all = ids("", &["a", "b", "a", "c"]);
        assert_eq!(all[0].len(), "line:".len() + 64);
        assert_eq!(ids("", &["c", "a", "x", "a"])[..2], [all[3].clone(), all[0].clone()]);
        assert_eq!(ids("", &["a", "a", "c"]), [all[0].clone(), all[2].clone(), all[3].clone()]);
        let mut different: Vec<_> = [all, ids("b", &["a", "b", "a", "c"])].concat();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), 8);
    }
}
