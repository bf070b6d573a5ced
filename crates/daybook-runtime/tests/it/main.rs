//! Connections, on real servers: of callers to a service without a service in it, and to PostgreSQL, directly and through
//! what lies between.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod connections;
mod pooler;
mod roles;
mod tls;
mod urls;
