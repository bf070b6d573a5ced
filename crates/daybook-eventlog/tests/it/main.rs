//! The event log in a real PostgreSQL, used by the roles that the services have in production.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

mod batches;
mod commands;
mod durability;
mod exact_text;
mod head;
mod history_lost;
mod immutable;
mod load;
mod locked_head;
mod migrate;
mod order;
mod privileges;
mod read_stream;
mod replay;
mod snapshots;
mod unknown_outcome;
mod versions;
mod who_and_when;
