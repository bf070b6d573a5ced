//! A log that is read once more, from the first event on, and compared with the checkpoints that were signed and with the
//! leaves that stand in its tiles. What `daybook verify` says about the tree comes from here.

use std::collections::BTreeMap;
use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::edge::{Edge, Tile};
use crate::hash::Hash;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The event is not the one that was hashed into the tree.
    Leaf {
        /// Where it is.
        position: u64,
    },
    /// Events are gone, and later ones are there.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The events lead to another root than was signed. At least one up to `up_to` is not what it was; if the checkpoint
    /// before agreed, one after `after`.
    Root {
        /// The last checkpoint that agreed; 0: none did.
        after: u64,
        /// The one that does not.
        up_to: u64,
    },
    /// The log ends before a checkpoint: its last events are gone.
    Cut {
        /// Where it ends.
        end: u64,
        /// How far it was signed.
        signed: u64,
    },
    /// A checkpoint of another log.
    Origin {
        /// What it says.
        origin: String,
        /// Its size.
        size: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf { position } => {
                write!(f, "the event at position {position} is not the one that was recorded")
            }
            Self::Missing { from, to } if from == to => {
                write!(f, "the event at position {from} is gone")
            }
            Self::Missing { from, to } => {
                write!(f, "the events at positions {from} to {to} are gone")
            }
            Self::Root { after, up_to } => write!(
                f,
                "the events after position {after}, up to {up_to}, do not lead to the root that was signed for \
                 {up_to}"
            ),
            Self::Cut { end, signed } => write!(
                f,
                "the log ends at position {end}, and was signed up to {signed}: the events after {end} are gone"
            ),
            Self::Origin { origin, size } => {
                write!(f, "the checkpoint of size {size} is of another log, `{origin}`")
            }
        }
    }
}

/// A walk through the log.
#[derive(Debug)]
pub struct Walk {
    origin: String,
    edge: Edge,
    full: Vec<Tile>,
    /// By size.
    expected: BTreeMap<u64, Vec<Checkpoint>>,
    agreed: u64,
    compared: u64,
    findings: Vec<Finding>,
}

impl Walk {
    /// A walk through the log of that origin.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            edge: Edge::default(),
            full: Vec::new(),
            expected: BTreeMap::new(),
            agreed: 0,
            compared: 0,
            findings: Vec::new(),
        }
    }

    /// A checkpoint ahead, to be compared when the walk gets there; its signature was verified already. One of no events
    /// says nothing.
    pub fn expect(&mut self, checkpoint: Checkpoint) {
        debug_assert!(checkpoint.size >= self.size(), "the walk has passed it");
        let Checkpoint { ref origin, size, .. } = checkpoint;
        if size == 0 {
            return;
        }
        if *origin == self.origin {
            self.expected.entry(size).or_default().push(checkpoint);
        } else {
            self.findings.push(Finding::Origin { origin: origin.clone(), size });
        }
    }

    /// How many events it has passed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// How many checkpoints it has compared.
    #[must_use]
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// The next event's leaf, and what its tile says, if there is one.
    pub fn push(&mut self, leaf: Hash, stored: Option<Hash>) {
        if stored.is_some_and(|stored| stored != leaf) {
            self.findings.push(Finding::Leaf { position: self.edge.size() + 1 });
        }
        self.grow(leaf);
    }

    /// The next event is not there. What its tile says takes its place, so that later ones are judged by themselves.
    pub fn push_missing(&mut self, stored: Option<Hash>) {
        self.grow(stored.unwrap_or(Hash([0; 32])));
        let position = self.edge.size();
        match self.findings.last_mut() {
            Some(Finding::Missing { to, .. }) if *to + 1 == position => *to = position,
            _ => self.findings.push(Finding::Missing { from: position, to: position }),
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The log has ended.
    #[must_use]
    pub fn finish(mut self) -> Vec<Finding> {
        // The largest tells all of it.
        if let Some((signed, _)) = self.expected.last_key_value() {
            self.findings.push(Finding::Cut { end: self.edge.size(), signed: *signed });
        }
        self.findings
    }

    fn grow(&mut self, leaf: Hash) {
        self.edge.push(leaf, &mut self.full);
        self.full.clear();
        let size = self.edge.size();
        let Some(expected) = self.expected.remove(&size) else { return };
        let root = self.edge.root();
        for checkpoint in expected {
            self.compared += 1;
            if checkpoint.root == root {
                self.agreed = size;
            } else {
                self.findings.push(Finding::Root { after: self.agreed, up_to: size });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(n: u8) -> Hash {
        Hash::of_leaf(&[n])
    }

    fn checkpoint(leaves: &[u8]) -> Checkpoint {
        let (mut edge, mut full) = (Edge::default(), Vec::new());
        leaves.iter().for_each(|n| edge.push(leaf(*n), &mut full));
        Checkpoint { origin: "log".to_owned(), size: edge.size(), root: edge.root() }
    }

    /// 0 stands for an event that is gone.
    fn walk(leaves: &[u8], stored: &[u8], checkpoints: Vec<Checkpoint>) -> Vec<Finding> {
        let mut walk = Walk::new("log");
        checkpoints.into_iter().for_each(|checkpoint| walk.expect(checkpoint));
        for (at, n) in leaves.iter().enumerate() {
            let stored = stored.get(at).map(|n| leaf(*n));
            if *n == 0 { walk.push_missing(stored) } else { walk.push(leaf(*n), stored) }
        }
        walk.finish()
    }

    #[test]
    fn an_unchanged_log_agrees_with_every_checkpoint() {
        let checkpoints = vec![checkpoint(&[1, 2, 3]), checkpoint(&[1])];
        assert_eq!(walk(&[1, 2, 3, 4], &[1, 2, 3], checkpoints), []);
    }

    #[test]
    fn a_changed_event_is_named_by_its_tile_and_bounded_by_the_checkpoints() {
        let checkpoints = || vec![checkpoint(&[1, 2]), checkpoint(&[1, 2, 3, 4])];
        let root = Finding::Root { after: 2, up_to: 4 };
        assert_eq!(
            walk(&[1, 2, 9, 4], &[1, 2, 3, 4], checkpoints()),
            [Finding::Leaf { position: 3 }, root.clone()]
        );
        // Tiles that were changed with it: the signature still tells.
        assert_eq!(walk(&[1, 2, 9, 4], &[1, 2, 9, 4], checkpoints()), [root]);
    }

    #[test]
    fn events_that_are_gone_are_named_and_do_not_drag_others_along() {
        let checkpoints = vec![checkpoint(&[1, 2, 3, 4])];
        assert_eq!(
            walk(&[1, 0, 0, 4], &[1, 2, 3, 4], checkpoints),
            [Finding::Missing { from: 2, to: 3 }]
        );
    }

    #[test]
    fn a_log_that_ends_early_or_is_another_is_found() {
        assert_eq!(
            walk(&[1], &[], vec![checkpoint(&[1, 2]), checkpoint(&[1, 2, 3])]),
            [Finding::Cut { end: 1, signed: 3 }]
        );
        let other = Checkpoint { origin: "other".to_owned(), ..checkpoint(&[1]) };
        assert_eq!(
            walk(&[1], &[], vec![other]),
            [Finding::Origin { origin: "other".to_owned(), size: 1 }]
        );
    }
}
