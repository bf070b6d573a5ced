//! The command service over a real PostgreSQL and a real Redis, through its real gRPC port.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bad_input;
mod basics;
mod clock;
mod content_hashes;
mod deadlines;
mod durability;
mod failing_batches;
mod forgetting;
mod health;
mod immutability;
mod limits;
mod loading;
mod making;
mod metadata;
mod metrics;
mod model;
mod postgres_away;
mod projections;
mod property;
mod redis_away;
mod retries;
mod server_roles;
mod snapshots;
mod stopping;
mod streaming;
mod support;
mod transfers;
mod two_domains;
mod two_services;
mod unknown_outcome;
mod versions;
