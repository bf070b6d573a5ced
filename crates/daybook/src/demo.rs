//! The demonstration: a story that shows the rules, and a proof that no cent was lost.
//!
//! `story` tells it, `generate` writes a file of commands from a seed, keeping a simple book of its own (`book`) of what
//! must come of it, and `proof` compares that book with the log and with the read model. In the end `forgetting` has somebody
//! forgotten.

mod book;
mod forgetting;
mod generate;
mod log_file;
mod proof;
mod story;

pub(crate) use book::Standing;
pub(crate) use forgetting::forget;
pub(crate) use generate::{Expected, generate};
pub(crate) use log_file::into_file;
pub(crate) use proof::{Proof, prove};
pub(crate) use story::tell;
