//! The published test vectors of RFC 6962 trees (the inputs, roots and proofs of the Certificate Transparency reference
//! implementation), and proofs in trees of any size compared with `ct-merkle`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "rfc6962/support.rs"]
mod support;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use daybook_proof::hash::HASH_BYTES;
use daybook_proof::proof::{
    ProofError, consistency, inclusion, root, tiles_of_consistency, tiles_of_inclusion,
    tiles_of_root, verify_consistency, verify_inclusion,
};
use daybook_proof::{Edge, Hash};
use proptest::prelude::*;
use sha2::Sha256;
use support::{Grown, hash, unhex};

const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// (leaf, counted from 1; tree size; proof)
const INCLUSION: [(u64, u64, &[&str]); 5] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (3, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        2,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// (older size, newer size, proof)
const CONSISTENCY: [(u64, u64, &[&str]); 5] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
];

fn reference_leaf(n: u64) -> Hash {
    Hash::of_leaf(&unhex(LEAVES[usize::try_from(n).unwrap() - 1]))
}

fn reference_root(size: u64) -> Hash {
    hash(ROOTS[usize::try_from(size).unwrap()])
}

fn reference_tree(size: u64) -> Grown {
    Grown::of((1..=size).map(reference_leaf))
}

#[test]
fn roots_are_those_published() {
    for size in 0..=8 {
        let tree = reference_tree(size);
        assert_eq!(tree.edge.root(), reference_root(size), "incremental, size {size}");
        let from_tiles = root(size, |node| tree.tiles.node(node)).unwrap();
        assert_eq!(from_tiles, reference_root(size), "from tiles, size {size}");
    }
}

#[test]
fn inclusion_proofs_are_those_published() {
    for (leaf, size, expected) in INCLUSION {
        let expected: Vec<_> = expected.iter().copied().map(hash).collect();
        let tree = reference_tree(size);
        let proof = inclusion(leaf - 1, size, |node| tree.tiles.node(node)).unwrap();
        assert_eq!(proof, expected, "leaf {leaf} of {size}");
        let (leaf_hash, root) = (reference_leaf(leaf), reference_root(size));
        assert_eq!(verify_inclusion(leaf - 1, size, leaf_hash, &proof, root), Ok(()));
    }
}

#[test]
fn consistency_proofs_are_those_published() {
    for (first, second, expected) in CONSISTENCY {
        let expected: Vec<_> = expected.iter().copied().map(hash).collect();
        let tree = reference_tree(second);
        let proof = consistency(first, second, |node| tree.tiles.node(node)).unwrap();
        assert_eq!(proof, expected, "{first} in {second}");
        let tree = |size| (size, reference_root(size));
        assert_eq!(verify_consistency(tree(first), tree(second), &proof), Ok(()));
    }
}

/// The ways in which the reference implementation's tests spoil an inclusion proof.
#[test]
fn a_spoilt_inclusion_proof_does_not_hold() {
    for (leaf, size, proof) in INCLUSION.into_iter().skip(1) {
        let proof: Vec<_> = proof.iter().copied().map(hash).collect();
        let (index, leaf, root) = (leaf - 1, reference_leaf(leaf), reference_root(size));
        let holds = |index, size, leaf, proof: &[Hash], root| {
            verify_inclusion(index, size, leaf, proof, root).is_ok()
        };
        assert!(!holds(index.wrapping_sub(1), size, leaf, &proof, root), "index - 1");
        assert!(!holds(index + 1, size, leaf, &proof, root), "index + 1");
        assert!(!holds(index ^ 2, size, leaf, &proof, root), "index ^ 2");
        assert!(!holds(index, size * 2, leaf, &proof, root), "size * 2");
        assert!(!holds(index, size / 2, leaf, &proof, root), "size / 2");
        assert!(!holds(index, size, Hash::of_leaf(b"wrong"), &proof, root), "leaf");
        assert!(!holds(index, size, leaf, &proof, Hash::of_empty_tree()), "root");
        for spoilt in spoilt(&proof, root) {
            assert!(!holds(index, size, leaf, &spoilt, root), "{spoilt:?}");
        }
    }
}

#[test]
fn a_spoilt_consistency_proof_does_not_hold() {
    for (first, second, proof) in CONSISTENCY.into_iter().skip(1) {
        let proof: Vec<_> = proof.iter().copied().map(hash).collect();
        let (first_root, second_root) = (reference_root(first), reference_root(second));
        let holds = |first, second, proof: &[Hash]| {
            verify_consistency((first, first_root), (second, second_root), proof).is_ok()
        };
        assert!(!holds(first - 1, second, &proof), "first - 1");
        assert!(!holds(first + 1, second, &proof), "first + 1");
        assert!(!holds(first ^ 2, second, &proof), "first ^ 2");
        assert!(!holds(first, second * 2, &proof), "second * 2");
        assert!(!holds(first, second / 2, &proof), "second / 2");
        assert!(!holds(first, second, &[]), "empty");
        let swapped = verify_consistency((first, second_root), (second, first_root), &proof);
        assert!(swapped.is_err(), "swapped roots");
        for spoilt in spoilt(&proof, first_root) {
            assert!(!holds(first, second, &spoilt), "{spoilt:?}");
        }
    }
}

/// Garbage before and after, a flipped bit in each hash, one hash less.
fn spoilt(proof: &[Hash], garbage: Hash) -> Vec<Vec<Hash>> {
    let mut all = vec![
        [&[garbage], proof].concat(),
        [proof, &[garbage]].concat(),
        proof[..proof.len() - 1].to_vec(),
    ];
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[at].0[0] ^= 16;
        all.push(flipped);
    }
    all
}

#[test]
fn what_cannot_be_proven_says_so() {
    let root = reference_root(3);
    assert_eq!(
        verify_inclusion(3, 3, reference_leaf(4), &[], root),
        Err(ProofError::NotInTree { index: 3, size: 3 })
    );
    assert_eq!(
        verify_consistency((2, reference_root(2)), (1, reference_root(1)), &[]),
        Err(ProofError::NotABeginning { first: 2, second: 1 })
    );
    // The empty tree begins every tree, and has one root only.
    assert_eq!(verify_consistency((0, reference_root(0)), (3, root), &[]), Ok(()));
    assert!(verify_consistency((0, root), (3, root), &[]).is_err());
}

fn numbered(size: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..size).map(|n| n.to_be_bytes().to_vec())
}

fn reference(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    numbered(size).for_each(|leaf| tree.push(leaf));
    tree
}

/// Root, both proofs, and that the tiles said to be needed are enough.
fn compare(
    reference: &MemoryBackedTree<Sha256, Vec<u8>>,
    grown: &Grown,
    (index, first): (usize, usize),
) {
    let length = reference.items().len();
    let (size, index64, first64) = (length as u64, index as u64, first as u64);
    let root_hash = grown.edge.root();
    assert_eq!(root_hash.0[..], reference.root().as_bytes()[..]);

    let only = grown.only(tiles_of_inclusion(index64, size));
    let proof = inclusion(index64, size, |node| only.node(node)).unwrap();
    assert_eq!(bytes(&proof), reference.prove_inclusion(index).as_bytes());
    let leaf = Hash::of_leaf(&index64.to_be_bytes());
    assert_eq!(verify_inclusion(index64, size, leaf, &proof, root_hash), Ok(()));

    let only = grown.only(tiles_of_consistency(first64, size));
    let proof = consistency(first64, size, |node| only.node(node)).unwrap();
    // ct-merkle proves a tree consistent with itself by its root; RFC 6962 by nothing.
    if first < length {
        assert_eq!(bytes(&proof), reference.prove_consistency(length - first).as_bytes());
    }
    let only = grown.only(tiles_of_root(first64));
    let first_root = root(first64, |node| only.node(node)).unwrap();
    assert_eq!(verify_consistency((first64, first_root), (size, root_hash), &proof), Ok(()));
}

fn grown(size: u64) -> Grown {
    Grown::of(numbered(size).map(|leaf| Hash::of_leaf(&leaf)))
}

/// Three levels of tiles, the top one of width 1.
#[test]
fn a_large_tree_is_that_of_another_implementation() {
    const SIZE: u64 = 66_000;
    let (reference, grown) = (reference(SIZE), grown(SIZE));
    let last = usize::try_from(SIZE).unwrap() - 1;
    for index in [0, 255, 256, 65_535, 65_536, 65_792, last] {
        for first in [1, 256, 65_535, 65_536, 65_537, last + 1] {
            compare(&reference, &grown, (index, first));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn trees_and_proofs_are_those_of_another_implementation(
        size in 1_u64..=600,
        leaf in any::<prop::sample::Index>(),
        beginning in any::<prop::sample::Index>(),
    ) {
        let length = usize::try_from(size).unwrap();
        let at = (leaf.index(length), beginning.index(length) + 1);
        compare(&reference(size), &grown(size), at);
    }

    /// What is loaded from tiles goes on as if it had never stopped.
    #[test]
    fn an_edge_loaded_from_tiles_grows_on(before in 0_u64..=1000, more in 0_u64..=300) {
        let leaves = |from, to| (from..to).map(|n: u64| Hash::of_leaf(&n.to_be_bytes()));
        let mut grown = Grown::of(leaves(0, before));
        let mut loaded = Edge::load(before, &grown.tiles).unwrap();
        let mut full = Vec::new();
        for leaf in leaves(before, before + more) {
            loaded.push(leaf, &mut full);
            grown.push(leaf);
        }
        prop_assert_eq!(loaded.root(), grown.edge.root());
    }
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    let bytes: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
    assert_eq!(bytes.len(), proof.len() * HASH_BYTES);
    bytes
}
