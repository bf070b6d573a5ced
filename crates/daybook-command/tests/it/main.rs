//! The command service over a real PostgreSQL and a real Redis, through its real gRPC port.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod basics;
mod deadlines;
mod durability;
mod failing_batches;
mod immutability;
mod loading;
mod postgres_away;
mod redis_away;
mod retries;
mod snapshots;
mod streaming;
mod support;
mod transfers;
mod two_services;
mod unknown_outcome;
mod versions;
