//! The append-only event log in PostgreSQL (schema `log`), and the only crate that touches it.
//!
//! - [`append`]: whole batches in one statement, behind a compare-and-set of the head (G1–G4);
//! - [`as_of`]: one stream as it was at a version, a position or a time;
//! - [`command`]: which command ids had their effect, and the receipts of those (G5);
//! - [`load`]: the states of many streams at once, from snapshots and later events;
//! - [`read`]: the log in order, one stream, the head;
//! - [`replay`]: the log once more, for one's own code: pages in bounded memory, filters, progress;
//! - [`inspect`]: the rows as they stand, for checks and copies;
//! - [`restore`]: an exported log, put into an empty one;
//! - [`snapshot`]: folded states, a cache;
//! - [`migrate`]: the schema.

pub mod append;
pub mod as_of;
pub mod command;
pub mod error;
pub mod head;
pub mod inspect;
pub mod load;
pub mod migrate;
pub mod read;
pub mod replay;
pub mod restore;
pub mod snapshot;

mod row;

pub use as_of::{AsOf, Moment, StateAt};
pub use error::ReadError;
pub use head::{Head, Identity, Tip};
pub use read::{Backlog, Direction, LogReader, StreamQuery};
pub use replay::{Page, Replay, ReplayError, ReplayProgress};
