//! The one place that writes to the terminal: tables and sentences for people, JSON for programs.
//!
//! Answers go to stdout, everything about how it went (errors, progress) to stderr. With `--json` stdout carries one
//! JSON object a line and nothing else. Text that came from somebody else is escaped before a terminal sees it. Nothing
//! here panics when the reader has gone away; the error travels up and ends the program quietly.

mod error;
mod table;
mod text;
mod views;

pub(crate) use error::describe;
pub(crate) use text::{escape, json_line};
pub(crate) use views::{
    AccountView, ActivityView, AuditEventView, EntryView, EventView, KindTotalView,
    LedgerTotalView, MovementView, PartitionView, ProjectionView, ReceiptView, StateView,
    StoryView, TransferView, amount_text, time_text,
};

use std::io::{self, Write};

use serde::Serialize;

use crate::commands::AsOf;
use crate::failure::Failure;

/// One thing, shown by itself.
pub(crate) trait Record: Serialize {
    /// What a person is shown, label by label.
    fn fields(&self) -> Vec<(&'static str, String)>;
}

/// One of many things of a kind, shown in a table.
pub(crate) trait Row: Serialize {
    /// The columns; one that begins with `>` is aligned to the right, as numbers are.
    const COLUMNS: &'static [&'static str];

    /// What stands in them.
    fn cells(&self) -> Vec<String>;
}

/// A thing for programs, with as of when it is beside its own fields.
#[derive(Serialize)]
struct Dated<'a, T> {
    #[serde(flatten)]
    view: &'a T,
    #[serde(flatten)]
    as_of: &'a AsOf,
}

/// Writes answers the way that the caller asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    /// For programs rather than for people.
    pub(crate) json: bool,
}

impl Printer {
    /// One thing.
    pub(crate) fn record<T: Record>(self, record: &T) -> io::Result<()> {
        if self.json { self.object(record) } else { write_out(&table::labelled(&record.fields())) }
    }

    /// A page of things; called again for the next page.
    pub(crate) fn rows<T: Row>(self, rows: &[T]) -> io::Result<()> {
        if self.json {
            return rows.iter().try_for_each(|row| self.object(row));
        }
        if rows.is_empty() {
            return Ok(());
        }
        write_out(&table::columns(T::COLUMNS, rows.iter().map(T::cells)))
    }

    /// One thing, and as of when it is.
    pub(crate) fn record_as_of<T: Record>(self, record: &T, as_of: &AsOf) -> io::Result<()> {
        if self.json {
            return self.object(&Dated { view: record, as_of });
        }
        self.record(record)?;
        self.say(&as_of.words())
    }

    /// As [`Printer::rows`], each with as of when it is.
    pub(crate) fn rows_as_of<T: Row>(self, rows: &[T], as_of: &AsOf) -> io::Result<()> {
        if self.json {
            return rows.iter().try_for_each(|view| self.object(&Dated { view, as_of }));
        }
        self.rows(rows)
    }

    /// Something beside the answer that the caller should know; on stderr.
    pub(crate) fn notice(self, sentence: &str) {
        note(&match self.json {
            true => json_line(&serde_json::json!({"note": sentence})),
            false => format!("{sentence}\n"),
        });
    }

    /// The end of a list of so many rows. With `--json` an empty list has no line on stdout; stderr says so.
    pub(crate) fn end_of_list(self, rows: usize, as_of: Option<&AsOf>) -> io::Result<()> {
        match (rows, self.json) {
            (0, true) => {
                note(&json_line(&serde_json::json!({"empty": as_of})));
                return Ok(());
            }
            (0, false) => self.say("nothing found")?,
            _ => {}
        }
        as_of.map_or(Ok(()), |as_of| self.say(&as_of.words()))
    }

    /// Something that only people are told.
    pub(crate) fn say(self, sentence: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { write_out(&format!("{sentence}\n")) }
    }

    /// Clears a terminal, for what is shown again in place.
    pub(crate) fn begin_screen(self) -> io::Result<()> {
        write_out("\x1b[H\x1b[2J")
    }

    /// A JSON object, whoever reads it.
    pub(crate) fn object<T: Serialize>(self, value: &T) -> io::Result<()> {
        write_out(&json_line(value))
    }

    /// Why the program ends without having done what it was asked to; on stderr.
    pub(crate) fn failure(self, failure: &Failure) {
        let text = error::failure_text(failure, self.json);
        note(&text);
    }
}

/// Writes to stderr. That nobody reads it is no reason to stop.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to stdout, as it is.
pub(crate) fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
