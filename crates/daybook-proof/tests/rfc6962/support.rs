//! Trees that were grown leaf by leaf, with all their tiles.

use std::collections::{BTreeMap, BTreeSet};

use daybook_proof::{Edge, Hash, TileId, Tiles};

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) fn hash(text: &str) -> Hash {
    Hash::from_slice(&unhex(text)).unwrap()
}

/// A tree, its edge, and every tile that storage would have.
#[derive(Default)]
pub(crate) struct Grown {
    pub(crate) edge: Edge,
    pub(crate) tiles: Tiles,
    stored: BTreeMap<TileId, Vec<u8>>,
}

impl Grown {
    pub(crate) fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut grown = Self::default();
        let mut full = Vec::new();
        for leaf in leaves {
            grown.edge.push(leaf, &mut full);
        }
        grown.store(full);
        grown
    }

    pub(crate) fn push(&mut self, leaf: Hash) {
        let mut full = Vec::new();
        self.edge.push(leaf, &mut full);
        self.store(full);
    }

    fn store(&mut self, full: Vec<daybook_proof::edge::Tile>) {
        for tile in full.into_iter().chain(self.edge.partial()) {
            self.tiles.insert(tile.id, tile.hashes.clone());
            self.stored.insert(tile.id, tile.hashes);
        }
    }

    /// Some of its tiles.
    pub(crate) fn only(&self, ids: BTreeSet<TileId>) -> Tiles {
        let mut tiles = Tiles::default();
        for id in ids {
            tiles.insert(id, self.stored[&id].clone());
        }
        tiles
    }
}
