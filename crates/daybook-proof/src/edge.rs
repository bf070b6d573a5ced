//! The right edge of a growing tree: of each level of tiles the one that is not full yet. It is all that growing and
//! telling the root need, some kilobytes for any number of leaves.

use crate::hash::{HASH_BYTES, Hash};
use crate::tile::{
    MissingTile, TILE_WIDTH, TileId, Tiles, complete_root, hashes_at, partial_tiles,
};

/// The edge. A clone is a copy to go on from or to fall back to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// The hashes of the tile of each level that is not full.
    levels: Vec<Vec<Hash>>,
}

/// A tile to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Where the tile is in the tree.
    pub id: TileId,
    /// Its hashes, one after the other.
    pub hashes: Vec<u8>,
}

impl Edge {
    /// The edge of a tree of `size` leaves, from its stored tiles.
    ///
    /// # Errors
    /// When one that it needs is not among them.
    pub fn load(size: u64, tiles: &Tiles) -> Result<Self, MissingTile> {
        let mut levels = Vec::new();
        for (id, width) in partial_tiles(size) {
            let first = id.index * TILE_WIDTH;
            let node = |n| crate::proof::Node { height: u32::from(id.level) * 8, index: first + n };
            levels.resize(usize::from(id.level), Vec::new());
            levels.push((0..width).map(|n| tiles.node(node(n))).collect::<Result<_, _>>()?);
        }
        Ok(Self { size, levels })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. Tiles that are full with it go to `full`, each once.
    pub fn push(&mut self, leaf: Hash, full: &mut Vec<Tile>) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            if u64::try_from(self.levels[level].len()) != Ok(TILE_WIDTH) {
                return;
            }
            let hashes = std::mem::take(&mut self.levels[level]);
            full.push(tile(self.size, level, &hashes));
            hash = complete_root(hashes);
        }
    }

    /// The root of the tree as it is.
    #[must_use]
    pub fn root(&self) -> Hash {
        // From the right: the smallest complete subtree first, each larger one to the left of what there is.
        let mut root = None;
        for hashes in &self.levels {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let (left, smallest) =
                    rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                let subtree = complete_root(smallest.to_vec());
                root = Some(root.map_or(subtree, |right| Hash::of_node(&subtree, &right)));
                rest = left;
            }
        }
        root.unwrap_or_else(Hash::of_empty_tree)
    }

    /// The tiles that are not full, as they are.
    #[must_use]
    pub fn partial(&self) -> Vec<Tile> {
        let filled = |(_, hashes): &(usize, &Vec<Hash>)| !hashes.is_empty();
        let tile = |(level, hashes): (usize, &Vec<Hash>)| tile(self.size, level, hashes);
        self.levels.iter().enumerate().filter(filled).map(tile).collect()
    }
}

/// The last tile of a level in a tree of `size` leaves.
fn tile(size: u64, level: usize, hashes: &[Hash]) -> Tile {
    let level = u8::try_from(level).unwrap_or(u8::MAX);
    let index = hashes_at(size, level).saturating_sub(1) / TILE_WIDTH;
    let mut bytes = Vec::with_capacity(hashes.len() * HASH_BYTES);
    for hash in hashes {
        bytes.extend_from_slice(&hash.0);
    }
    Tile { id: TileId { level, index }, hashes: bytes }
}
