//! Verifying: whether log, snapshots and read models are what they say they are. In reading order:
//!
//! - [`finding`]: what is wrong, and where;
//! - `log_walk`: the whole log in the order of positions, through the checks of `order`, `content`, `event_ids`, `ledger`
//!   and `commands`;
//! - `stream_walk`: the log once more, stream by stream, through those of `balances` and `snapshots`;
//! - [`Skips`]: what operators have permitted read models to leave out, which is told;
//! - `read_models`: each read model against a new fold of the log;
//! - [`verify`]: all of it; [`progress`]: how far it is.
//!
//! A check believes nothing that is stored: it reads rows as they stand (`daybook_eventlog::inspect`), says what would be
//! right, and goes on, so that one edit is one finding and not a thousand. Memory is bounded whatever the log holds: the
//! walk by positions keeps a few numbers a partition, the walk by streams the state of one stream, event ids are spilled to
//! a file.
//!
//! What only an outsider's memory can tell is not found here: a log that was rewritten whole, with its read models, agrees
//! with itself. A check of events against something that was kept elsewhere is one more [`LogCheck`].

pub mod finding;
pub mod progress;
pub mod verify;

mod balances;
mod commands;
mod content;
mod event_ids;
mod ledger;
mod log_walk;
mod order;
mod read_models;
mod skips;
mod snapshots;
mod stream_walk;

pub use finding::{Finding, Findings};
pub use log_walk::LogCheck;
pub use order::Order;
pub use progress::{Progress, Watch};
pub use read_models::{Projections, ReadModel};
pub use skips::{Skip, Skips};
pub use verify::{Report, Sample, Verified, Verifier, VerifyError};
