//! The prover: hashes the log into a Merkle tree and signs how far it is. In reading order:
//!
//! - [`settings`], [`service`]: the daemon and its loop;
//! - `session`: the tree from where it stood, the next events, the next checkpoint;
//! - [`store`]: schema `proof`; [`migrate`]: makes it;
//! - [`key_file`]: the key, on disk; [`memory`]: what it signed last; [`publish`]: the tree as files that any HTTP server can serve;
//! - [`verify`]: the log once more, held against all that was signed.
//!
//! It reads what was committed and is in nobody's way: appending neither waits for it nor knows of it. Killed at any
//! moment it goes on from the size that was committed with its tiles. Of two that run at once, the compare-and-set of that
//! size lets one write.
//!
//! **Invariants:** it never signs what does not continue every checkpoint that it knows of, in its memory, its state file, the
//! database and the published directory; what it signs is in the state file before it is anywhere else.

pub mod key_file;
pub mod memory;
pub mod migrate;
pub mod publish;
pub mod service;
pub mod settings;
pub mod store;
pub mod verify;

mod metrics;
mod session;

pub use service::run;
pub use settings::Settings;
