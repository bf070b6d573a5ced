//! The command line against real services: `daybook dev` runs them, `daybook` talks to them, as a person would.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod auditor;
mod bank;
mod bench;
mod demo;
mod dev;
mod errors;
mod freshness;
mod import;
mod import_restarts;
mod proof;
mod runner;
mod sealed;
