//! The read models of the bank, one a file: pure folds from its events to row changes. To add one: a line in
//! `daybook_bank::read_models`, its table template under migrations/read/tables, a file here with its SQL beside it,
//! a line in [`projections`], a test.

mod about;
mod account_entries;
mod accounts;
mod daily_activity;
mod movement;
mod posting_totals;
mod postings;
mod transfers;

use std::sync::Arc;

use daybook_bank::BankEvent;
use daybook_core::compose::Part;
use daybook_readmodels::projection::{Projection, of_part};

pub use about::about;
pub use account_entries::AccountEntries;
pub use accounts::Accounts;
pub use daily_activity::DailyActivity;
pub use movement::Movement;
pub use posting_totals::PostingTotals;
pub use postings::Postings;
pub use transfers::Transfers;

/// All of them, in the order of `daybook_bank::read_models::ALL`.
#[must_use]
pub fn projections<E: Part<BankEvent> + 'static>() -> Vec<Arc<dyn Projection<E>>> {
    vec![
        of_part(Accounts),
        of_part(AccountEntries),
        of_part(Transfers),
        of_part(DailyActivity),
        of_part(Postings),
        of_part(PostingTotals),
    ]
}
