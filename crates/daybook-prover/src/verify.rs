//! The whole log once more, from its first event on, held against the stored tree, every checkpoint in the database, and
//! those that were kept elsewhere. This is the tree's part of `daybook verify`.
//!
//! What it finds in the database protects from whoever can change the log and not the proof. Whoever can change both leaves
//! nothing here that would differ; a checkpoint that was kept elsewhere tells.

use std::collections::BTreeSet;
use std::fmt;

use daybook_core::event::StoredEvent;
use daybook_eventlog::{LogReader, ReadError};
use daybook_proof::checkpoint::CheckpointError;
use daybook_proof::proof::Node;
use daybook_proof::tile::{TILE_WIDTH, TileId, Tiles};
use daybook_proof::walk::{Finding, Walk};
use daybook_proof::{PublicKey, SignedCheckpoint, leaf};

use crate::session::position;
use crate::store::{Store, StoreError, StoredNote};

/// Positions in a page, a whole number of tiles.
const PAGE_EVENTS: u64 = 1024;

/// Data and metadata of a page, at most, in bytes.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Checkpoints read at once.
const NOTES_AT_ONCE: u32 = 1000;

/// Findings after which it ends: what is wrong everywhere need not be listed everywhere.
pub const FINDINGS_MAX: usize = 1000;

/// What was walked through and what was found.
#[derive(Debug)]
pub struct TreeReport {
    /// Events that were hashed.
    pub events: u64,
    /// Checkpoints that were compared.
    pub checkpoints: u64,
    /// What is wrong; empty: nothing.
    pub findings: Vec<TreeFinding>,
}

/// What is wrong with the log, or with what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeFinding {
    /// With the log.
    Log(Finding),
    /// A stored checkpoint is not signed by a known key.
    Checkpoint {
        /// The size that it is stored under.
        size: u64,
        /// What is wrong with it.
        error: CheckpointError,
    },
}

impl fmt::Display for TreeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(finding) => finding.fmt(f),
            Self::Checkpoint { size, error } => {
                write!(f, "the stored checkpoint of size {size} cannot be trusted: {error}")
            }
        }
    }
}

/// Why the walk did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The proof cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Walks through the whole log. `kept` are checkpoints from elsewhere, verified by `keys`; `progress` is told the position
/// reached and the last one.
///
/// # Errors
/// When a database is away. Whatever is wrong with what it holds is a finding.
pub async fn verify_tree(
    log: &LogReader,
    store: &Store,
    keys: &[PublicKey],
    kept: &[SignedCheckpoint],
    mut progress: impl FnMut(u64, u64),
) -> Result<TreeReport, VerifyError> {
    let head = u64::try_from(log.head().await?.position.get()).unwrap_or(0);
    let stored_size = store.size().await?.map_or(0, |(_, size)| size);
    let mut walk = Walk::new(store.origin());
    kept.iter().for_each(|signed| walk.expect(signed.checkpoint.clone()));
    let mut notes = Notes::new(store, keys);
    let mut findings = Vec::new();
    let mut ended = false;
    while !ended && walk.findings().len() + findings.len() < FINDINGS_MAX {
        let page = walk.size()..walk.size() + PAGE_EVENTS;
        let events = read_page(log, page.start, page.end).await?;
        // Rows beyond the head are there to be found too: the head is a row like others.
        let last = events.last().map_or(0, |event| u64::try_from(event.position).unwrap_or(0));
        let end = page.end.min(head.max(last));
        ended = end < page.end;
        if end <= page.start {
            break;
        }
        notes.expect_up_to(end, &mut walk, &mut findings).await?;
        let stored = stored_leaves(store, page.start, end.min(stored_size)).await?;
        push_page(&mut walk, &events, end, stored_size, &stored);
        progress(walk.size(), head.max(walk.size()));
    }
    let (events, checkpoints) = (walk.size(), walk.compared());
    let of_log = if ended {
        notes.expect_up_to(u64::MAX, &mut walk, &mut findings).await?;
        walk.finish()
    } else {
        walk.findings().to_vec()
    };
    findings.extend(of_log.into_iter().map(TreeFinding::Log));
    Ok(TreeReport { events, checkpoints, findings })
}

/// All rows after a position, up to another.
async fn read_page(log: &LogReader, after: u64, up_to: u64) -> Result<Vec<StoredEvent>, ReadError> {
    let (mut events, mut reached) = (Vec::new(), after);
    loop {
        let some = log.read_stored(position(reached), position(up_to), PAGE_BYTES_MAX).await?;
        let Some(last) = some.last() else { return Ok(events) };
        reached = u64::try_from(last.position).unwrap_or(up_to);
        events.extend(some);
        if reached >= up_to {
            return Ok(events);
        }
    }
}

fn push_page(walk: &mut Walk, events: &[StoredEvent], end: u64, stored_size: u64, stored: &Tiles) {
    let mut events = events.iter().peekable();
    while walk.size() < end {
        let index = walk.size();
        // A tile that is gone is no proof of anything; the checkpoints still are.
        let stored =
            (index < stored_size).then(|| stored.node(Node { height: 0, index }).ok()).flatten();
        match events.next_if(|event| u64::try_from(event.position) == Ok(index + 1)) {
            Some(event) => walk.push(leaf::hash(event), stored),
            None => walk.push_missing(stored),
        }
    }
}

/// The tiles that hold leaves `first ..end`.
async fn stored_leaves(store: &Store, first: u64, end: u64) -> Result<Tiles, StoreError> {
    let indexes = first / TILE_WIDTH..end.div_ceil(TILE_WIDTH);
    let ids: BTreeSet<_> = indexes.map(|index| TileId { level: 0, index }).collect();
    if ids.is_empty() { Ok(Tiles::default()) } else { store.tiles(&ids).await }
}

/// The stored checkpoints, read as the walk comes to them.
struct Notes<'a> {
    store: &'a Store,
    keys: &'a [PublicKey],
    read: Vec<StoredNote>,
    after: (u64, u32),
    ended: bool,
}

impl<'a> Notes<'a> {
    fn new(store: &'a Store, keys: &'a [PublicKey]) -> Self {
        Self { store, keys, read: Vec::new(), after: (0, 0), ended: false }
    }

    async fn expect_up_to(
        &mut self,
        size: u64,
        walk: &mut Walk,
        findings: &mut Vec<TreeFinding>,
    ) -> Result<(), StoreError> {
        while findings.len() < FINDINGS_MAX {
            let Some(next) = self.read.last() else {
                if self.ended || !self.fetch().await? {
                    return Ok(());
                }
                continue;
            };
            if next.size > size {
                return Ok(());
            }
            let Some(note) = self.read.pop() else { return Ok(()) };
            match SignedCheckpoint::open(&note.note, self.keys) {
                // The column is not signed; what stands in the note is, and may lie behind.
                Ok(signed) if signed.checkpoint.size == note.size => walk.expect(signed.checkpoint),
                Ok(_) => findings.push(TreeFinding::Checkpoint {
                    size: note.size,
                    error: CheckpointError::Malformed,
                }),
                Err(error) => findings.push(TreeFinding::Checkpoint { size: note.size, error }),
            }
        }
        Ok(())
    }

    /// The next ones, the first of them last. `false`: there are no more.
    async fn fetch(&mut self) -> Result<bool, StoreError> {
        self.read = self.store.notes_after(self.after, NOTES_AT_ONCE).await?;
        self.ended = self.read.is_empty();
        if let Some(last) = self.read.last() {
            self.after = (last.size, last.key_id);
        }
        self.read.reverse();
        Ok(!self.ended)
    }
}
