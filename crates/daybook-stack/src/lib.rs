//! A private PostgreSQL, a private Redis and the Daybook services as child processes.
//!
//! `daybook dev`, `daybook demo`, `daybook bench` and the tests stand on this crate, so that nobody
//! needs a server that somebody else set up. Every server listens on 127.0.0.1 only, at a port of
//! its own, with a password that is made on the spot, and with the settings of `deploy/` that a
//! production server gets too; `fsync` is always on.
//!
//! It guarantees that children do not outlive their owner, even one that is killed with `kill -9`
//! (`spawn.rs` says how), and that what such an owner left behind never blocks the next start.
//! What the servers hold (schemas, roles, keys) is left to the other crates: a
//! [`Stack`] has `daybook migrate` make it.

mod child;
mod owner_lock;
mod ports;
mod postgres;
mod process;
mod programs;
mod redis;
mod server_user;
mod spawn;
mod stack;

pub use ports::free_port;
pub use postgres::{Postgres, PostgresSettings};
pub use process::{Process, ProcessSpec};
pub use programs::{postgres_bin_dir, postgres_version, service_binary};
pub use redis::{Redis, RedisSettings};
pub use stack::{LineSink, Service, Stack, StackSettings, default_data_dir};
