//! The engine's write side, for any domain: commands are decided in memory and become committed events.
//!
//! [`content_hash`]: how retries are recognised. In the order of a command's life: [`places`] bound how many are in
//! hand → [`submission`] carries one → `decider` decides it → `journal` proves the round it is in → `sinks` hand its
//! events on. [`WriteSide`] puts them together; [`reach`] says whether the log takes what it is sent;
//! [`past_snapshots`] makes those that are missing.
//!
//! **Invariants:** no read model is read. Nothing is answered before the round it was decided in is proven. Nothing
//! here knows a domain, nor how commands arrive.

pub mod content_hash;
pub mod past_snapshots;
pub mod places;
pub mod reach;
pub mod submission;

mod decider;
mod journal;
mod metrics;
mod sinks;
mod write_side;

pub use decider::Limits;
pub use metrics::Metrics;
pub use write_side::{Setup, WriteSide};
