//! The command service: commands come in over gRPC, are decided in memory, and become committed events.
//!
//! `service` checks a command and who sent it, and answers; what lies between is in `daybook-decider`. [`run()`]
//! serves the domains of this build, [`serve`] those that are given, with the gRPC services that they bring.

mod run;
mod service;
mod settings;

pub use run::{run, serve};
pub use service::{CommandApi, CommandRequest, Served};
pub use settings::Settings;
