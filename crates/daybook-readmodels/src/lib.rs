//! The engine of read models, for any domain's projections: drains the outbox into read models, and reads the log where
//! messages are missing.
//!
//! - [`projection`]: what a projection is; [`rows`]: what it makes; [`keyed`], [`text`]: what most of them need;
//!   [`tables`]: where it is written; [`audit`]: the one that reads the events of every domain, and `erasures`, which
//!   it obeys;
//! - `feed`: which events are next, from messages and pages of the log;
//! - `decoded`: their payloads, read, and the words of sealed reasons;
//! - `forgotten`: whose words are not to be there any more;
//! - `read_models`, `checkpoint`: applying them, rows and checkpoints in one transaction (G7, G8);
//! - `log`: the log, and whether it still is the one that the rows were folded from;
//! - `lease`: which instance of a group works on which partition;
//! - `session`, `runner`: one stretch of work, and the loop around it;
//! - [`skips`]: events that operators had passed over;
//! - [`rebuild`]: a new generation beside the live one, the swap, the way back;
//! - `progress`: how far they are, for metrics and health;
//! - `housekeeping`: dropping generations that nobody needs;
//! - [`service`], [`settings`], [`migrate`]: the daemon, and its tables.
//!
//! Redis makes it fast, the log makes it right: a message lost, late, twice, out of order or from another log costs
//! time only. Nothing here knows an account.

pub mod audit;
pub mod keyed;
pub mod migrate;
pub mod projection;
pub mod rebuild;
pub mod rows;
pub mod service;
pub mod settings;
pub mod skips;
pub mod tables;
pub mod text;

mod checkpoint;
mod decoded;
mod erasures;
mod failure;
mod feed;
mod forgotten;
mod housekeeping;
mod lease;
mod log;
mod progress;
mod read_models;
mod runner;
mod session;

pub use service::run;
pub use settings::Settings;
pub use skips::{Skips, SkipsError};
