//! Logs: structured, on standard error, with correlation ids and without payloads or secrets.

use std::io::{self, IsTerminal as _, Write};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

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
    /// Starts logging for this process.
    ///
    /// # Errors
    /// When the filter is malformed, or logging was started before.
    pub fn start(&self) -> anyhow::Result<()> {
        let filter = EnvFilter::try_new(&self.log_filter)
            .map_err(|error| anyhow::anyhow!("--log-filter `{}`: {error}", self.log_filter))?
            // Each refusal of a connection by `postgres::Connector` once more, several times a second.
            .add_directive("sqlx_core::pool::inner=off".parse().context("a directive of our own")?);
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(|| StandardError)
            .log_internal_errors(false)
            .with_ansi(io::stderr().is_terminal());
        let started = match self.log_format {
            LogFormat::Text => subscriber.try_init(),
            LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
        };
        started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
    }
}

/// Standard error, which may be gone: a service outlives whoever reads its logs. What cannot be written is counted.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if io::stderr().lock().write_all(bytes).is_err() {
            metrics::counter!("daybook_log_lines_lost_total").increment(1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
