//! The log as a Merkle tree that proves to an outsider what was recorded. In reading order:
//!
//! - [`hash`]: SHA-256 as RFC 6962 uses it; [`leaf`]: the bytes of an event that are hashed;
//! - [`edge`]: the tree as it grows; [`tile`]: the tree as it is stored and published (C2SP tlog-tiles);
//! - [`proof`]: inclusion and consistency, made from tiles and verified without them;
//! - [`note`], [`key`]: signed texts (C2SP signed-note, Ed25519) and the keys to them;
//! - [`checkpoint`]: what is signed (C2SP tlog-checkpoint);
//! - [`walk`]: a log that is read once more, compared with every checkpoint that was signed;
//! - [`evidence`]: some events with all that proves them, in one file.
//!
//! Event N of the log (position N, from 1) is leaf N − 1 of the tree, so that a tree of size N covers positions 1 to N.
//!
//! **Invariant:** nothing here does I/O, reads a clock or draws a random number.

pub mod checkpoint;
pub mod edge;
pub mod evidence;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod note;
pub mod proof;
pub mod tile;
pub mod walk;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use edge::Edge;
pub use hash::Hash;
pub use key::{KeyFile, PrivateKey, PublicKey};
pub use tile::{TileId, Tiles};
