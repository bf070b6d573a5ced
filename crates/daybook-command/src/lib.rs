//! The write side: commands come in over gRPC, are decided in memory, and become committed events.
//!
//! In the order of a command's life: `service` checks it and who sent it → `submission` carries it → `decider` decides
//! it → `journal` proves the round it is in → `sinks` hand its events on.

pub mod content_hash;
mod decider;
mod journal;
mod metrics;
mod past_snapshots;
mod reach;
mod run;
mod service;
mod settings;
mod sinks;
mod submission;

pub use run::run;
pub use settings::Settings;
