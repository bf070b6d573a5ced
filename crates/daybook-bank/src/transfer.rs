//! Transfers between accounts: initiate (holds the money) → approve by somebody else → execute; or reject, cancel.

mod command;
pub(crate) mod decide;
mod error;
pub mod event;
mod state;

pub use command::TransferCommand;
pub use error::TransferError;
pub use event::TransferEvent;
pub use state::{Transfer, TransferStatus};

use daybook_core::ids::aggregate_id;

/// What stands before the `-` in the id of a transfer's stream.
pub const STREAM_TYPE: &str = "transfer";

aggregate_id! {
    /// A transfer's own id: 1 to 100 of `A–Z a–z 0–9 . _ : -`, chosen by whoever initiates it.
    TransferId in STREAM_TYPE
}
