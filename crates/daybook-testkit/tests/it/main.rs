//! The testkit itself, and what only the built binaries can tell.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is a failed test")]

mod env_sample;
mod layers;
mod processes;
mod python;
mod servers;
