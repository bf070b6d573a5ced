//! Keeps count of what became of the lines, and writes down those that were refused.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use daybook_proto::v1;
use daybook_runtime::file;
use serde::Serialize;
use tonic::Status;
use tonic_types::StatusExt;

use super::line::{BadLine, Line};
use crate::client::reason_of;
use crate::output::{describe, escape, json_line};

/// Refusals kept for the screen; all of them are in the report file.
const SHOWN_MAX: usize = 20;

/// A line that had no effect, and why.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refusal {
    /// The line that it begins on.
    pub(crate) line: u64,
    /// The command's name, where the line could be read.
    pub(crate) command: Option<&'static str>,
    /// Its id.
    pub(crate) command_id: Option<String>,
    /// The service's stable reason; `UNREADABLE_LINE` where it was not even sent.
    pub(crate) reason: String,
    /// The field that is wrong, where it is one.
    pub(crate) field: Option<String>,
    /// The whole story.
    pub(crate) message: String,
}

/// What became of an import.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Summary {
    /// Lines read that are not empty.
    pub(crate) lines: u64,
    /// Commands that had their effect now.
    pub(crate) accepted: u64,
    /// Commands that had had their effect before.
    pub(crate) replayed: u64,
    /// Commands that the service refused.
    pub(crate) refused: u64,
    /// Lines that could not be read as a command.
    pub(crate) unreadable: u64,
    /// Highest position of a receipt; 0: none.
    pub(crate) position: i64,
    /// Of which history of which log.
    #[serde(skip)]
    pub(crate) log_history: String,
    /// Every line up to this one is settled.
    pub(crate) settled_through_line: u64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// Settled lines a second.
    pub(crate) lines_per_second: f64,
}

/// Counts, and writes refusals down as they come.
pub(crate) struct Report {
    summary: Summary,
    shown: Vec<Refusal>,
    file: Option<BufWriter<File>>,
    started: Instant,
    refused_lines: Option<BTreeSet<u64>>,
}

impl Report {
    /// `path`: where refusals are written, one JSON object a line.
    pub(crate) fn new(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(file::create).transpose()?.map(BufWriter::new);
        let (summary, shown) = (Summary::default(), Vec::new());
        Ok(Self { summary, shown, file, started: Instant::now(), refused_lines: None })
    }

    /// Keeps the numbers of all refused lines; only for files that are known to be short.
    pub(crate) fn keep_refused_lines(mut self) -> Self {
        self.refused_lines = Some(BTreeSet::new());
        self
    }

    /// The numbers of all refused lines; `None` unless they were to be kept.
    pub(crate) fn refused_lines(&self) -> Option<&BTreeSet<u64>> {
        self.refused_lines.as_ref()
    }

    /// The first refusals, for the screen.
    pub(crate) fn shown(&self) -> &[Refusal] {
        &self.shown
    }

    /// As it stands now.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Settled lines a second since the beginning.
    pub(crate) fn rate(&self) -> f64 {
        let settled = self.summary.accepted
            + self.summary.replayed
            + self.summary.refused
            + self.summary.unreadable;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate for the eye; counts are far below 2^52"
        )]
        let settled = settled as f64;
        settled / self.elapsed().as_secs_f64().max(0.001)
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn read(&mut self) {
        self.summary.lines += 1;
    }

    pub(super) fn accepted(&mut self, receipt: &v1::Receipt) {
        if receipt.replayed {
            self.summary.replayed += 1;
        } else {
            self.summary.accepted += 1;
        }
        self.summary.position = self.summary.position.max(receipt.position);
        if self.summary.log_history != receipt.log_history {
            self.summary.log_history.clone_from(&receipt.log_history);
        }
    }

    pub(super) fn refused(&mut self, line: &Line, status: &Status) -> io::Result<()> {
        self.summary.refused += 1;
        let violation = status
            .get_details_bad_request()
            .and_then(|bad| bad.field_violations.into_iter().next());
        let reason = reason_of(status);
        self.write(Refusal {
            line: line.number,
            command: Some(line.command.name()),
            command_id: Some(line.command.command_id().to_owned()),
            reason: if reason.is_empty() { format!("{:?}", status.code()) } else { reason },
            field: violation.map(|violation| violation.field),
            message: describe(status),
        })
    }

    pub(super) fn unreadable(&mut self, number: u64, bad: BadLine) -> io::Result<()> {
        self.summary.unreadable += 1;
        self.write(Refusal {
            line: number,
            command: None,
            command_id: None,
            reason: "UNREADABLE_LINE".to_owned(),
            message: escape(&bad.to_string()),
            field: bad.field,
        })
    }

    /// The last word: what is settled, and how fast it went.
    pub(super) fn finish(&mut self, settled_through_line: u64) -> io::Result<Summary> {
        self.summary.settled_through_line = settled_through_line;
        self.summary.seconds = self.elapsed().as_secs_f64();
        self.summary.lines_per_second = self.rate();
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok(self.summary.clone())
    }

    fn write(&mut self, refusal: Refusal) -> io::Result<()> {
        if let Some(lines) = &mut self.refused_lines {
            lines.insert(refusal.line);
        }
        if let Some(file) = &mut self.file {
            file.write_all(json_line(&refusal).as_bytes())?;
        }
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(refusal);
        }
        Ok(())
    }
}
