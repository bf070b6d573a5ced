//! The engine's vocabulary and rules, without I/O and without a domain. In reading order:
//!
//! * what things are called: [`ids`], [`stream`], [`partition`], [`personal`], [`words`]; and how texts are read and
//!   shown: [`dates`], [`visible`];
//! * what is recorded: [`metadata`], [`event`], and how older payloads are read: [`upcast`];
//! * how a decision is made: [`domain`];
//! * the system's own aggregates: what operators tell projections ([`projection`]) and the log's clock ([`clock`]), and
//!   how people are forgotten ([`subject`]); what both sides know of a read model: [`read_model`];
//! * all of these as one domain, [`system`], and how several domains are one: [`mod@compose`];
//! * how a rule is tested: [`testing`].
//!
//! **Invariant:** nothing in this crate but `testing` does I/O, nothing reads a clock, draws a random number or is async. Times and ids come
//! in as values, so that every rule can be tested in one screen and replayed for ever.

pub mod dates;
pub mod domain;
pub mod event;
pub mod ids;
pub mod magnitude;
pub mod metadata;
pub mod partition;
pub mod personal;
pub mod stream;
pub mod upcast;
pub mod visible;
pub mod words;

pub mod clock;
pub mod projection;
pub mod read_model;
pub mod subject;

pub mod compose;
pub mod system;

pub mod testing;
