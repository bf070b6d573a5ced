//! The read side: answers from the read models, and from the log where history itself is asked for. It writes nothing.
//!
//! In reading order: the settings; the service (one module an RPC: check the request, ask the question, say the
//! answer); the questions (one module and its SQL each); how an answer comes to reflect a position (G9); which calls may wait and
//! work at once (`admission`); how personal texts
//! are opened; pages; errors.

mod admission;
mod budget;
mod consistency;
mod database;
mod error;
mod log;
mod metrics;
mod page;
mod page_token;
mod personal;
mod pools;
mod queries;
mod run;
mod service;
pub mod settings;
mod wrong_times;

pub use run::run;
pub use settings::QuerySettings;
