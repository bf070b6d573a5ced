//! Proofs after RFC 6962, section 2.1: that a leaf is in a tree, and that a tree is the beginning of another. Making one
//! follows the recursive definitions of RFC 6962 word by word; verifying one follows the algorithms of RFC 9162 (sections
//! 2.1.3.2 and 2.1.4.2), which need nothing but the proof.

use std::collections::BTreeSet;
use std::convert::Infallible;

use crate::hash::Hash;
use crate::tile::{TileId, tile_of};

/// The root of a complete subtree: the leaves `index << height ..` of 2^height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// 0 is a leaf.
    pub height: u32,
    /// From the left, from 0.
    pub index: u64,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There can be no such proof.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NotInTree {
        /// The leaf.
        index: u64,
        /// The tree.
        size: u64,
    },
    /// There can be no such proof.
    #[error("a tree of {first} leaves is not the beginning of one of {second}")]
    NotABeginning {
        /// The older.
        first: u64,
        /// The newer.
        second: u64,
    },
    /// It has more or fewer hashes than it must have.
    #[error("the proof has a wrong number of hashes")]
    Length,
    /// It leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The root of a tree of `size` leaves.
///
/// # Errors
/// Those of `node`.
pub fn root<E>(size: u64, mut node: impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(Hash::of_empty_tree()) } else { subtree(0, size, &mut node) }
}

/// Proves that leaf `index` is in the tree of `size` leaves: `PATH(index, D[size])`.
///
/// # Errors
/// Those of `node`. A leaf that is not in the tree has an empty proof, which does not hold.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut node: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if index < size {
        path(index, 0, size, &mut node, &mut proof)?;
    }
    Ok(proof)
}

/// Proves that the tree of `first` leaves is the beginning of that of `second`: `PROOF(first, D[second])`.
///
/// # Errors
/// Those of `node`. Of sizes that cannot be, the proof is empty and does not hold.
pub fn consistency<E>(
    first: u64,
    second: u64,
    mut node: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if first > 0 && first < second {
        subproof(first, 0, second, true, &mut node, &mut proof)?;
    }
    Ok(proof)
}

/// The tiles that [`inclusion`] needs.
#[must_use]
pub fn tiles_of_inclusion(index: u64, size: u64) -> BTreeSet<TileId> {
    tiles_of(|node| inclusion(index, size, node).map(drop))
}

/// The tiles that [`consistency`] needs.
#[must_use]
pub fn tiles_of_consistency(first: u64, second: u64) -> BTreeSet<TileId> {
    tiles_of(|node| consistency(first, second, node).map(drop))
}

/// The tiles that [`root`] needs.
#[must_use]
pub fn tiles_of_root(size: u64) -> BTreeSet<TileId> {
    tiles_of(|node| root(size, node).map(drop))
}

/// Which nodes are asked for depends on the sizes alone, so asking once with any answer tells.
fn tiles_of(
    ask: impl FnOnce(&mut dyn FnMut(Node) -> Result<Hash, Infallible>) -> Result<(), Infallible>,
) -> BTreeSet<TileId> {
    let mut tiles = BTreeSet::new();
    let Ok(()) = ask(&mut |node| {
        tiles.insert(tile_of(node));
        Ok(Hash([0; 32]))
    });
    tiles
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// MTH of the `n` leaves from `start`; `start` is a multiple of the smallest power of two that is at least `n`.
fn subtree<E>(
    start: u64,
    n: u64,
    node: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Hash, E> {
    if n.is_power_of_two() {
        let height = n.trailing_zeros();
        return node(Node { height, index: start >> height });
    }
    let k = split(n);
    let left = subtree(start, k, node)?;
    let right = subtree(start + k, n - k, node)?;
    Ok(Hash::of_node(&left, &right))
}

fn path<E>(
    m: u64,
    start: u64,
    n: u64,
    node: &mut impl FnMut(Node) -> Result<Hash, E>,
    proof: &mut Vec<Hash>,
) -> Result<(), E> {
    if n == 1 {
        return Ok(());
    }
    let k = split(n);
    if m < k {
        path(m, start, k, node, proof)?;
        proof.push(subtree(start + k, n - k, node)?);
    } else {
        path(m - k, start + k, n - k, node, proof)?;
        proof.push(subtree(start, k, node)?);
    }
    Ok(())
}

fn subproof<E>(
    m: u64,
    start: u64,
    n: u64,
    known: bool,
    node: &mut impl FnMut(Node) -> Result<Hash, E>,
    proof: &mut Vec<Hash>,
) -> Result<(), E> {
    if m == n {
        if !known {
            proof.push(subtree(start, n, node)?);
        }
        return Ok(());
    }
    let k = split(n);
    if m <= k {
        subproof(m, start, k, known, node, proof)?;
        proof.push(subtree(start + k, n - k, node)?);
    } else {
        subproof(m - k, start + k, n - k, false, node, proof)?;
        proof.push(subtree(start, k, node)?);
    }
    Ok(())
}

/// Whether `leaf` is leaf `index` of the tree with this size and root.
///
/// # Errors
/// When it does not follow from the proof.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: Hash,
    proof: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NotInTree { index, size });
    }
    let (mut fn_, mut sn, mut r) = (index, size - 1, leaf);
    for p in proof {
        if sn == 0 {
            return Err(ProofError::Length);
        }
        if fn_ & 1 == 1 || fn_ == sn {
            r = Hash::of_node(p, &r);
            while fn_ & 1 == 0 && fn_ != 0 {
                (fn_, sn) = (fn_ >> 1, sn >> 1);
            }
        } else {
            r = Hash::of_node(&r, p);
        }
        (fn_, sn) = (fn_ >> 1, sn >> 1);
    }
    match (sn, r == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Whether the tree with the second size and root begins with the one with the first.
///
/// # Errors
/// When it does not follow from the proof.
pub fn verify_consistency(
    first: (u64, Hash),
    second: (u64, Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    let ((first, first_root), (second, second_root)) = (first, second);
    if first > second {
        return Err(ProofError::NotABeginning { first, second });
    }
    if first == 0 || first == second {
        let expected = if first == second { second_root } else { Hash::of_empty_tree() };
        return match (proof.is_empty(), first_root == expected) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
            _ => Err(ProofError::Length),
        };
    }
    let (mut fn_, mut sn) = (first - 1, second - 1);
    while fn_ & 1 == 1 {
        (fn_, sn) = (fn_ >> 1, sn >> 1);
    }
    // A complete first tree is itself the first hash of the proof, and is left out of it.
    let (start, rest) = match proof.split_first() {
        _ if first.is_power_of_two() => (first_root, proof),
        Some((start, rest)) => (*start, rest),
        None => return Err(ProofError::Length),
    };
    let (mut fr, mut sr) = (start, start);
    for c in rest {
        if sn == 0 {
            return Err(ProofError::Length);
        }
        if fn_ & 1 == 1 || fn_ == sn {
            (fr, sr) = (Hash::of_node(c, &fr), Hash::of_node(c, &sr));
            while fn_ & 1 == 0 && fn_ != 0 {
                (fn_, sn) = (fn_ >> 1, sn >> 1);
            }
        } else {
            sr = Hash::of_node(&sr, c);
        }
        (fn_, sn) = (fn_ >> 1, sn >> 1);
    }
    match (sn, fr == first_root && sr == second_root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}
