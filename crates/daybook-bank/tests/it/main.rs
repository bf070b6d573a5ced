//! The rules of the built-in domain and the forms in which it is stored, seen from outside the crate.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod account_rules;
mod clock_rules;
mod currency_and_money;
mod errors;
mod fixtures;
mod given;
mod golden;
mod ids;
mod invariants;
mod policy;
mod projection_rules;
mod states;
mod subject_rules;
mod transfer_rules;
