//! Logs: structured, on standard error, with correlation ids and without payloads or secrets.
//!
//! A service never waits for whoever reads them. Lines wait in a bounded queue for a thread that writes them; what finds it full,
//! because the reader stays and does not read, and what cannot be written, because it is gone, is counted and dropped.

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// Lines that wait to be written; with some hundred bytes each, a few megabytes.
const LINES_MAX: usize = 8192;

/// How long the end of a process may wait for its last lines to be read.
const LAST_LINES_MAX: Duration = Duration::from_secs(1);

/// Between two looks at whether they have been.
const LAST_LINES_POLL: Duration = Duration::from_millis(2);

/// Lines that were dropped.
pub(crate) const LINES_LOST: &str = "daybook_log_lines_lost_total";

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line an event, for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Settings of the logs.
#[derive(Debug, Clone, Args)]
pub struct TelemetrySettings {
    /// How logs are written to standard error
    #[arg(long, env = "DAYBOOK_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,

    /// Which logs are written: a level (error, warn, info, debug, trace) or filter directives such as
    /// `info,daybook_command=debug`
    #[arg(long, env = "DAYBOOK_LOG_FILTER", default_value = "info")]
    pub log_filter: String,
}

impl TelemetrySettings {
    /// Starts logging for this process. When the result is dropped, its last lines are written.
    ///
    /// # Errors
    /// When the filter is malformed, or logging was started before.
    pub fn start(&self) -> anyhow::Result<LastLines> {
        let filter = EnvFilter::try_new(&self.log_filter)
            .map_err(|error| anyhow::anyhow!("--log-filter `{}`: {error}", self.log_filter))?
            // Each refusal of a connection by `postgres::Connector` once more, several times a second.
            .add_directive("sqlx_core::pool::inner=off".parse().context("a directive of our own")?);
        let lines = Lines::start().context("start the thread that writes logs")?;
        let last = LastLines(Arc::clone(&lines.waiting));
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(move || lines.clone())
            .log_internal_errors(false)
            .with_ansi(io::stderr().is_terminal());
        let started = match self.log_format {
            LogFormat::Text => subscriber.try_init(),
            LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
        };
        started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))?;
        Ok(last)
    }
}

/// Where lines are put. Cheap to clone.
#[derive(Clone)]
struct Lines {
    queue: SyncSender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
}

impl Lines {
    fn start() -> io::Result<Self> {
        let (queue, lines) = sync_channel(LINES_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let written = Arc::clone(&waiting);
        thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || write_all(&lines, &written))?;
        Ok(Self { queue, waiting })
    }
}

/// Writes lines as they come, for as long as there is somebody who logs. Standard error may be gone: a service outlives whoever
/// reads its logs.
fn write_all(lines: &Receiver<Vec<u8>>, waiting: &AtomicUsize) {
    for line in lines {
        if io::stderr().lock().write_all(&line).is_err() {
            lost();
        }
        waiting.fetch_sub(1, Ordering::Release);
    }
}

fn lost() {
    metrics::counter!(LINES_LOST).increment(1);
}

impl Write for Lines {
    /// Takes a whole line, which is how the subscriber writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.try_send(line.to_vec()).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            lost();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits, when it is dropped, until the lines so far have been written, within a bound.
#[must_use = "the last lines of a process are lost when it is dropped at once"]
pub struct LastLines(Arc<AtomicUsize>);

impl Drop for LastLines {
    fn drop(&mut self) {
        let started = Instant::now();
        while self.0.load(Ordering::Acquire) > 0 && started.elapsed() < LAST_LINES_MAX {
            thread::sleep(LAST_LINES_POLL);
        }
    }
}

/// An error with all its causes, in one line, for a log.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
