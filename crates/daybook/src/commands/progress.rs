//! How far something is that goes through the log: a bar on a terminal, a line every few seconds elsewhere, on stderr; with
//! `--json` an object a line, on stdout.

use std::cell::Cell;
use std::io::{self, IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::output::{Printer, note};

/// Between two lines of one phase where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Between two objects of one phase.
const OBJECT_EVERY: Duration = Duration::from_secs(1);

/// Between two steps of a bar.
const BAR_EVERY: Duration = Duration::from_millis(100);

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// What is being done.
    pub(super) phase: &'static str,
    pub(super) events_done: i64,
    /// Zero: this phase is not counted in events.
    pub(super) events_total: i64,
    pub(super) events_per_second: f64,
    pub(super) time_left: Option<Duration>,
}

pub(super) struct Shown {
    how: How,
    every: Duration,
    last: Cell<Option<(&'static str, Instant)>>,
}

enum How {
    Bar(ProgressBar),
    Lines,
    Objects(Printer),
}

impl Shown {
    /// On stderr alone, where stdout carries what was asked for.
    pub(super) fn beside_output() -> Self {
        Self::new(Printer { json: false })
    }

    pub(super) fn new(printer: Printer) -> Self {
        let (how, every) = if printer.json {
            (How::Objects(printer), OBJECT_EVERY)
        } else if stderr().is_terminal() {
            (How::Bar(bar()), BAR_EVERY)
        } else {
            (How::Lines, LINE_EVERY)
        };
        Self { how, every, last: Cell::new(None) }
    }

    /// Shows each phase when it begins, and from time to time how far it is.
    pub(super) fn step(&self, progress: Step) -> io::Result<()> {
        let shown = self.last.get();
        let same =
            |(phase, at): (&str, Instant)| phase == progress.phase && at.elapsed() < self.every;
        if shown.is_some_and(same) {
            return Ok(());
        }
        self.last.set(Some((progress.phase, Instant::now())));
        match &self.how {
            How::Bar(bar) => {
                bar.set_length(u64::try_from(progress.events_total).unwrap_or(0));
                bar.set_position(u64::try_from(progress.events_done).unwrap_or(0));
                bar.set_message(words(&progress));
            }
            How::Lines => note(&format!("{}\n", words(&progress))),
            How::Objects(printer) => printer.object(&object(&progress))?,
        }
        Ok(())
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let How::Bar(bar) = &self.how {
            bar.finish_and_clear();
        }
    }
}

fn words(progress: &Step) -> String {
    let phase = progress.phase;
    if progress.events_total == 0 {
        return phase.to_owned();
    }
    let left =
        progress.time_left.map_or_else(String::new, |left| format!(", {} s left", left.as_secs()));
    format!(
        "{phase}: {} of {} events, {:.0}/s{left}",
        progress.events_done, progress.events_total, progress.events_per_second
    )
}

fn object(progress: &Step) -> serde_json::Value {
    json!({"progress": {
        "phase": progress.phase,
        "events_done": progress.events_done,
        "events_total": progress.events_total,
        "events_per_second": progress.events_per_second.round(),
        "seconds_left": progress.time_left.map(|left| left.as_secs_f64()),
    }})
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}")
        .expect("the template is a constant");
    ProgressBar::new(0).with_style(style)
}
