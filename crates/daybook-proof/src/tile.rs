//! Tiles: the tree as it is stored and published, after C2SP tlog-tiles. A tile of level l holds up to 256 hashes, each
//! the root of a complete subtree of 256^l leaves; the levels between are computed.
//!
//! Tiles and entry bundles are a few lines and are written out here: the crates that have them bring a server or a
//! storage of their own, and older versions of the cryptography. Proofs are compared with those of `ct-merkle` in tests.

use std::collections::HashMap;

use crate::hash::{HASH_BYTES, Hash};
use crate::proof::Node;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Tree levels in a tile.
const TILE_HEIGHT: u32 = 8;

/// Levels of tiles in the largest tree.
const LEVELS_MAX: u8 = 8;

/// Which tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 holds leaves.
    pub level: u8,
    /// From the left, from 0.
    pub index: u64,
}

impl TileId {
    /// Where a server has it, such as `tile/0/x001/x234/067` or, of 5 hashes, `tile/0/x001/x234/067.p/5`.
    #[must_use]
    pub fn path(self, width: u64) -> String {
        format!("tile/{}/{}", self.level, path_of(self.index, width))
    }
}

/// Where a server has a bundle of entries, such as `tile/entries/x001/x234/067`.
#[must_use]
pub fn entries_path(index: u64, width: u64) -> String {
    format!("tile/entries/{}", path_of(index, width))
}

/// Three digits a path element, all but the last with an `x` before them; `.p/<width>` where it is not full.
fn path_of(index: u64, width: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

/// How many hashes a tree of `size` leaves has at a level of tiles.
#[must_use]
pub fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0)
}

/// The tiles that a tree of `size` leaves has and one of `before` leaves has not, or not that wide; with their widths.
pub fn tiles_between(before: u64, size: u64) -> impl Iterator<Item = (TileId, u64)> {
    (0..LEVELS_MAX).flat_map(move |level| {
        let (had, has) = (hashes_at(before, level), hashes_at(size, level));
        let first = if had == has { has.div_ceil(TILE_WIDTH) } else { had / TILE_WIDTH };
        (first..has.div_ceil(TILE_WIDTH))
            .map(move |index| (TileId { level, index }, (has - index * TILE_WIDTH).min(TILE_WIDTH)))
    })
}

/// The rightmost tiles that are not full, with their widths: those that growing goes on from.
pub fn partial_tiles(size: u64) -> impl Iterator<Item = (TileId, u64)> {
    (0..LEVELS_MAX).filter_map(move |level| {
        let has = hashes_at(size, level);
        let width = has % TILE_WIDTH;
        (width > 0).then_some((TileId { level, index: has / TILE_WIDTH }, width))
    })
}

/// A bundle of entries: each its length in two bytes, then itself. `None`: one is longer than the format allows.
#[must_use]
pub fn entry_bundle<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Option<Vec<u8>> {
    let mut bundle = Vec::new();
    for entry in entries {
        bundle.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Some(bundle)
}

/// Some tiles of one tree, as they were read.
#[derive(Debug, Clone, Default)]
pub struct Tiles(HashMap<TileId, Vec<u8>>);

/// A hash that a proof needs is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tile {} of level {} is missing or too narrow", .0.index, .0.level)]
pub struct MissingTile(pub TileId);

impl Tiles {
    /// Adds a tile; its bytes are its hashes, one after the other.
    pub fn insert(&mut self, id: TileId, hashes: Vec<u8>) {
        self.0.insert(id, hashes);
    }

    /// The first bytes of a tile.
    ///
    /// # Errors
    /// When it is not there, or narrower.
    pub fn bytes(&self, id: TileId, bytes: usize) -> Result<&[u8], MissingTile> {
        self.0.get(&id).and_then(|hashes| hashes.get(..bytes)).ok_or(MissingTile(id))
    }

    /// The hash of a node: read, or computed inside one tile.
    ///
    /// # Errors
    /// When the tile lacks it.
    pub fn node(&self, node: Node) -> Result<Hash, MissingTile> {
        let (id, first, count) = place_of(node);
        let hashes = self.0.get(&id).ok_or(MissingTile(id))?;
        let bytes =
            hashes.get(first * HASH_BYTES..(first + count) * HASH_BYTES).ok_or(MissingTile(id))?;
        let hashes = bytes.chunks_exact(HASH_BYTES).filter_map(Hash::from_slice).collect();
        Ok(complete_root(hashes))
    }
}

/// The tile that a node is read or computed from.
#[must_use]
pub fn tile_of(node: Node) -> TileId {
    place_of(node).0
}

/// The tile of a node, and which of its hashes are below the node.
fn place_of(node: Node) -> (TileId, usize, usize) {
    let (level, above) = (node.height / TILE_HEIGHT, node.height % TILE_HEIGHT);
    let first = node.index << above;
    let id = TileId { level: u8::try_from(level).unwrap_or(LEVELS_MAX), index: first / TILE_WIDTH };
    (id, usize::try_from(first % TILE_WIDTH).unwrap_or(0), 1 << above)
}

/// The root of a complete subtree over a power of two of hashes.
pub(crate) fn complete_root(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        hashes = hashes.chunks_exact(2).map(|pair| Hash::of_node(&pair[0], &pair[1])).collect();
    }
    hashes.first().copied().unwrap_or_else(Hash::of_empty_tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of c2sp.org/tlog-tiles.
    #[test]
    fn paths_are_those_of_the_standard() {
        let tile = |level, index, width| TileId { level, index }.path(width);
        assert_eq!(tile(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile(0, 0, 256), "tile/0/000");
        assert_eq!(tile(63, 999, 255), "tile/63/999.p/255");
        assert_eq!(tile(1, 1000, 1), "tile/1/x001/000.p/1");
        assert_eq!(entries_path(1_234_067, 256), "tile/entries/x001/x234/067");
        assert_eq!(entries_path(5, 112), "tile/entries/005.p/112");
    }

    /// "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one
    /// full level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1."
    #[test]
    fn a_tree_has_the_tiles_that_the_standard_names() {
        let tiles: Vec<_> = tiles_between(0, 70_000).collect();
        let of = |level: u8, full: bool| {
            tiles.iter().filter(|(id, width)| id.level == level && (*width == 256) == full).count()
        };
        assert_eq!((of(0, true), of(0, false)), (273, 1));
        assert_eq!((of(1, true), of(1, false)), (1, 1));
        assert_eq!((of(2, true), of(2, false)), (0, 1));
        assert_eq!(tiles.len(), 277);
        let partial: Vec<_> = partial_tiles(70_000).map(|(id, width)| (id.level, width)).collect();
        assert_eq!(partial, [(0, 112), (1, 17), (2, 1)]);
        // "a tree of size 256 will be represented by a full level 0 tile and a partial level 1 tile of width 1"
        let small: Vec<_> = tiles_between(0, 256).map(|(id, width)| (id.level, width)).collect();
        assert_eq!(small, [(0, 256), (1, 1)]);
    }

    #[test]
    fn growing_changes_the_tiles_at_the_edge_only() {
        let grown: Vec<_> = tiles_between(70_000, 70_001).collect();
        assert_eq!(grown, [(TileId { level: 0, index: 273 }, 113)]);
        let closed: Vec<_> = tiles_between(255, 256).collect();
        let id = |level| TileId { level, index: 0 };
        assert_eq!(closed, [(id(0), 256), (id(1), 1)]);
        assert_eq!(tiles_between(300, 300).count(), 0);
    }

    #[test]
    fn a_bundle_is_entries_with_their_lengths() {
        let bundle = entry_bundle([&b"ab"[..], b"", b"c"]);
        assert_eq!(bundle.as_deref(), Some(&[0, 2, b'a', b'b', 0, 0, 0, 1, b'c'][..]));
        assert_eq!(entry_bundle([&[0_u8; 65_536][..]]), None);
    }
}
