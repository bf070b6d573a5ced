//! How far an import is: a bar on a terminal, a line every few seconds elsewhere; always on stderr.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::report::Report;
use crate::output::note;

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Between two steps of a bar.
const BAR_EVERY: Duration = Duration::from_millis(100);

/// Shows how far an import is.
pub(crate) struct Progress {
    how: How,
    every: Duration,
    size: Option<u64>,
    bytes_read: u64,
    last: Instant,
}

enum How {
    Bar(ProgressBar),
    Lines,
}

impl Progress {
    /// `size`: the file's, in bytes, where it is known.
    pub(crate) fn new(size: Option<u64>) -> Self {
        if stderr().is_terminal() {
            return Self::with(How::Bar(bar(size)), BAR_EVERY, size);
        }
        Self::with(How::Lines, LINE_EVERY, size)
    }

    fn with(how: How, every: Duration, size: Option<u64>) -> Self {
        Self { how, every, size, bytes_read: 0, last: Instant::now() }
    }

    /// Takes note of how much of the file was read, and shows it from time to time.
    pub(super) fn step(&mut self, bytes_read: Option<u64>, report: &Report) {
        self.bytes_read = bytes_read.unwrap_or(self.bytes_read);
        if self.last.elapsed() < self.every {
            return;
        }
        self.last = Instant::now();
        let counts = counts(report);
        match &self.how {
            How::Bar(bar) => {
                bar.set_position(self.bytes_read);
                bar.set_message(counts);
            }
            How::Lines => note(&format!("{}{counts}\n", self.share())),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let How::Bar(bar) = &self.how {
            bar.finish_and_clear();
        }
    }

    fn share(&self) -> String {
        match self.size {
            Some(size) if size > 0 => {
                format!("{:3} % read, ", (self.bytes_read * 100 / size).min(100))
            }
            _ => String::new(),
        }
    }
}

fn counts(report: &Report) -> String {
    let summary = report.summary();
    let settled = summary.accepted + summary.replayed;
    let refused = summary.refused + summary.unreadable;
    format!("{settled} accepted, {refused} refused, {:.0} lines/s", report.rate())
}

fn bar(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{bar:30} {percent:>3} % read, {msg}, {eta} left"),
        None => (ProgressBar::no_length(), "{spinner} {binary_bytes} read, {msg}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is a constant"))
}
