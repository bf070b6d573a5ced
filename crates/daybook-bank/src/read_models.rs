//! The read models of the bank.

use daybook_core::read_model::ReadModel;

/// One row per account.
pub const ACCOUNTS: ReadModel = ReadModel { name: "accounts", version: 3 };
/// One row per movement of money on an account.
pub const ACCOUNT_ENTRIES: ReadModel = ReadModel { name: "account_entries", version: 4 };
/// One row per transfer.
pub const TRANSFERS: ReadModel = ReadModel { name: "transfers", version: 3 };
/// Movements per day, currency and kind.
pub const DAILY_ACTIVITY: ReadModel = ReadModel { name: "daily_activity", version: 1 };
/// One row per event that moves money.
pub const POSTINGS: ReadModel = ReadModel { name: "postings", version: 1 };
/// What was debited and credited, per block of positions.
pub const POSTING_TOTALS: ReadModel = ReadModel { name: "posting_totals", version: 1 };

/// All of them, in the order in which they are written.
pub const ALL: &[ReadModel] =
    &[ACCOUNTS, ACCOUNT_ENTRIES, TRANSFERS, DAILY_ACTIVITY, POSTINGS, POSTING_TOTALS];
