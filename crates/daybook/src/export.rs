//! Exports: rows of a kind, written as JSON Lines, CSV or Parquet.
//!
//! - `table`: what a row is, whatever is written;
//! - `events`, `entries`: the two kinds of rows, and where they come from;
//! - `jsonl`, `csv`, `parquet`: the formats, behind `writer`;
//! - `target`: a file that is there whole or not at all, or stdout.
//!
//! Both kinds are made from the log itself, a page at a time; memory is bounded by a few pages, and by a row group where
//! Parquet is written.

mod csv;
pub(crate) mod entries;
pub(crate) mod events;
#[cfg(test)]
mod golden;
mod jsonl;
mod parquet;
pub(crate) mod table;
pub(crate) mod target;
pub(crate) mod writer;
