//! Daybook's vocabulary and rules, in reading order: what things are called, what is recorded, how a decision is made,
//! and the built-in domain (accounts and transfers) that uses nothing but these public traits.
//!
//! **Invariant:** nothing in this crate does I/O, reads a clock, draws a random number or is async. Times and ids come
//! in as values, so that every rule can be tested in one screen and replayed for ever.

pub mod domain;
pub mod event;
pub mod ids;
pub mod metadata;
pub mod money;
pub mod partition;
pub mod personal;
pub mod stream;
pub mod upcast;

pub mod account;
pub mod bank;
pub mod transfer;

pub mod testing;
