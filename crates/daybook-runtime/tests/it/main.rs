//! Connections on real servers, directly and through what lies between.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod pooler;
mod roles;
mod urls;
