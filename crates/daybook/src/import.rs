//! Sends a file of commands: streamed, many in flight, in order per account and transfer.
//!
//! The way of a line: `records` cuts the file into bounded records, with `lines` or `csv`; `jsonl` and `csv` turn one into
//! named fields, `line` turns the fields into a command, `ids` gives it an id where it has none, `entities` says which accounts and transfers it touches, `order` holds it
//! back until it can overtake no earlier line that touches one of them, `lanes` sends it over the call of its actor, and
//! again where it was not answered, `report` keeps count; `run` drives it all.
//!
//! Guarantees: memory is bounded whatever the length of the file. Two lines that touch the same account or transfer are
//! decided in the order of the file, so that the outcome is the one of sending the lines one by one. A line without a
//! command_id gets one that follows from its text: the same file sent again, also mended, has no effect twice. A line that
//! cannot be read is reported and skipped; a line that gets no answer ends the import, because what comes after it may
//! lean on it.

mod csv;
mod dry_run;
mod earlier;
mod entities;
pub(crate) mod format;
mod ids;
mod jsonl;
mod lanes;
mod line;
mod lines;
mod order;
mod progress;
mod reader;
mod records;
mod report;
mod run;

pub(crate) use dry_run::{DryRun, dry_run};
pub(crate) use earlier::Earlier;
pub(crate) use format::Format;
pub(crate) use progress::Progress;
pub(crate) use reader::{Source, read_in_background};
pub(crate) use report::{Report, Summary};
pub(crate) use run::{End, Settings, run};
