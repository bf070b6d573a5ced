//! The rules of the system's own aggregates and the forms in which they are stored, seen from outside the crate.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod clock_rules;
mod given;
mod projection_rules;
mod refusals;
mod states;
mod stored_forms;
mod subject_rules;
