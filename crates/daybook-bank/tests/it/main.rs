//! The rules of the built-in domain and the forms in which it is stored, seen from outside the crate.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod account_rules;
mod currency_and_money;
mod errors;
mod given;
mod ids;
mod invariants;
mod policy;
mod states;
mod stored_forms;
mod subject_rules;
mod transfer_rules;
