//! The query service over a real PostgreSQL, asked by a real client, as the role that it has in production.
//!
//! Rows are put in as the projector leaves them; what makes them is the projector's own test.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "it/accounts.rs"]
mod accounts;
#[path = "it/activity.rs"]
mod activity;
#[path = "it/audit.rs"]
mod audit;
#[path = "it/audit_plans.rs"]
mod audit_plans;
#[path = "it/bad_audit_input.rs"]
mod bad_audit_input;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/explain.rs"]
mod explain;
#[path = "it/health.rs"]
mod health;
#[path = "it/history.rs"]
mod history;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/min_position.rs"]
mod min_position;
#[path = "it/privileges.rs"]
mod privileges;
#[path = "it/projection_status.rs"]
mod projection_status;
#[path = "it/proofs.rs"]
mod proofs;
#[path = "it/sealed.rs"]
mod sealed;
#[path = "it/standby.rs"]
mod standby;
#[path = "it/state_at.rs"]
mod state_at;
#[path = "it/statements.rs"]
mod statements;
#[path = "it/transfers.rs"]
mod transfers;
#[path = "it/trial_balance.rs"]
mod trial_balance;
#[path = "it/world.rs"]
mod world;
#[path = "it/wrong_times.rs"]
mod wrong_times;
