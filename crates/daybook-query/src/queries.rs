//! The questions, one module each, with its SQL beside it in `sql/`. They take checked values and give plain rows;
//! nothing here knows gRPC. `{generation}` in a statement is the number of the current build of a projection's tables.

pub(crate) mod explain_balance;
pub(crate) mod get_account;
pub(crate) mod get_daily_activity;
pub(crate) mod get_event_history;
pub(crate) mod get_projection_status;
pub(crate) mod get_statement;
pub(crate) mod get_transfer;
pub(crate) mod get_transfer_story;
pub(crate) mod get_trial_balance;
pub(crate) mod list_accounts;
pub(crate) mod list_transfers;
pub(crate) mod search_audit;
pub(crate) mod tree;
