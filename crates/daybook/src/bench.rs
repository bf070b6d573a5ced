//! The load generator: puts load on a command service and says how fast it was, and how that is to be judged.
//!
//! `choice` and `workload` say what is done, `pace` when, `unary` and `streaming` how; `load` is one run of it all and
//! `tally` what came of it. `site` makes a round of it, with what a figure needs to mean something: `disk`, `machine`,
//! `processes`, and the `reference` that it is compared with. `report` and `plot` show it.
//! `table` measures everything that has a target, `growth` and `soak` what takes a long time to show,
//! `projector` the read side, `reads` how long readers wait, `audit` an auditor's questions, `proof` the Merkle tree.
//!
//! What it holds itself to: nothing is tried again; whatever is not a success is counted and shown; in an open loop a
//! call's latency begins when the call was due.

mod accounts;
mod audit;
mod choice;
mod disk;
mod growth;
mod load;
mod machine;
mod pace;
mod plot;
mod prepare;
mod processes;
mod projector;
mod proof;
mod reads;
mod reference;
mod report;
mod site;
mod soak;
mod streaming;
mod table;
mod tally;
mod unary;
mod workload;

pub(crate) use accounts::open as open_accounts;
pub(crate) use audit::{AuditEffort, run as run_audit};
pub(crate) use choice::Choice;
pub(crate) use growth::{GrowthEffort, run as run_growth};
pub(crate) use load::{Load, Mode};
pub(crate) use machine::Machine;
pub(crate) use plot::svg;
pub(crate) use processes::Processes;
pub(crate) use projector::{
    ProjectorEffort, ProjectorFigure, beside, run as run_projector, run_many_accounts, run_rebuilds,
};
pub(crate) use proof::{ProofEffort, run as run_proof};
pub(crate) use reads::{ReadsEffort, run_as_of, run_texts};
pub(crate) use reference::{REFERENCE, Reference};
pub(crate) use report::{Round, medians, problems};
pub(crate) use site::{Alternate, Site};
pub(crate) use soak::{Minute, grown, run_minute};
pub(crate) use table::{Effort, run as run_table};
pub(crate) use workload::Workload;
