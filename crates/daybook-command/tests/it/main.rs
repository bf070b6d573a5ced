//! The command service over a real PostgreSQL and a real Redis, through its real gRPC port.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod basics;
mod support;
