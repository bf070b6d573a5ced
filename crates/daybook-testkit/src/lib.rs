//! For tests only: real servers of a test's own, and waiting without sleeping.
//!
//! A test that needs PostgreSQL or Redis gets one for itself, with fsync on and the settings of
//! production: it may kill it, freeze it or fill it, and shares nothing with the tests that run beside
//! it. Everything ends with the test: servers are stopped and their directories removed on drop, and
//! when the test process is killed its servers die with it.
//!
//! Errors are panics here, because a test can do nothing better with them.

mod authority;
mod directory;
mod eventually;
mod pgbouncer;
mod postgres;
mod proxy;
mod python;
mod redis;
mod stack;

pub use authority::{Issued, TestAuthority};
pub use daybook_stack as servers;
pub use eventually::eventually;
pub use pgbouncer::TestPgBouncer;
pub use postgres::TestPostgres;
pub use proxy::TestProxy;
pub use python::{generate_python_stubs, newer_postgres_bin_dir, python};
pub use redis::TestRedis;
pub use stack::TestStack;
