//! Accounts: what they can be told, what happens to them, and the rules.
//!
//! Balance = posted; available = posted − held + overdraft limit.

mod command;
mod decide;
mod error;
pub mod event;
mod rules;
mod state;

pub use command::AccountCommand;
pub use error::AccountError;
pub use event::AccountEvent;
pub use state::{Account, AccountStatus};

pub(crate) use decide::{account_of, decide};
pub(crate) use rules::check_positive;

use crate::ids::aggregate_id;

/// What stands before the `-` in the id of an account's stream.
pub const STREAM_TYPE: &str = "account";

aggregate_id! {
    /// An account's own id: 1 to 100 of `A–Z a–z 0–9 . _ : -`, so that it is safe in keys, paths, exports and on the
    /// phone.
    AccountId in STREAM_TYPE
}
