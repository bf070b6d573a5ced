//! The write side: commands come in over gRPC, are decided in memory, and become committed events.
//!
//! `service` checks a command and who sent it, and answers; what lies between is `daybook-decider`'s.

mod run;
mod service;
mod settings;

pub use run::run;
pub use settings::Settings;
