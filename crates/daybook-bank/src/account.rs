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

use daybook_core::ids::aggregate_id;
use daybook_core::subject::SubjectId;

/// What stands before the `-` in the id of an account's stream.
pub const STREAM_TYPE: &str = "account";

aggregate_id! {
    /// An account's own id: 1 to 100 of `A–Z a–z 0–9 . _ : -`, so that it is safe in keys, paths, exports and on the
    /// phone.
    AccountId in STREAM_TYPE
}

/// The holder of an account is one data subject, with the account's id: the personal texts of a command about the account
/// (its owner's name, a reason, who got a refund) are sealed under that subject's key, and so is what is said about transfers
/// out of it.
impl From<AccountId> for SubjectId {
    fn from(account_id: AccountId) -> Self {
        Self::new(account_id.as_str()).expect("both are checked keys")
    }
}
