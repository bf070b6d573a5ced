//! The command service over a real PostgreSQL and a real Redis, through its real gRPC port.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod basics;
mod durability;
mod failing_batches;
mod immutability;
mod retries;
mod support;
mod transfers;
mod two_services;
mod versions;
