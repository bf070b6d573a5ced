//! What can become of an append, and the bound on every wait for it.

use std::time::Duration;

use daybook_core::ids::Position;
use time::OffsetDateTime;

use crate::error::ReadError;
use crate::head::Tip;

/// Longest wait for one answer of the server; past it the outcome is unknown. Above the server's own `lock_timeout`, so
/// that a wait for the head's lock ends there, with a certain outcome.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// What became of an append that was not lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Committed, durable, at this time by the log's clock.
    Committed {
        /// The one time of all events of the batch.
        recorded_at: OffsetDateTime,
    },
    /// Nothing was appended: the head is not where the plan expected it.
    HeadMoved,
}

/// Why an append failed.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was appended: at least one of the commands had its effect before.
    #[error("a command of the batch had its effect before")]
    CommandKnown,
    /// Nothing was appended: a version that the batch gives to an event is taken in its stream.
    #[error("a version that the batch has is taken in its stream")]
    VersionTaken(#[source] sqlx::Error),
    /// Nothing was appended: PostgreSQL refused the batch for something that it holds.
    #[error("PostgreSQL refused the batch")]
    Refused(#[source] sqlx::Error),
    /// Nothing was appended: the log cannot be reached or takes nothing now (no connection, disk full, lock not given in
    /// time, read-only standby). The same batch may go in later.
    #[error("the log takes nothing now")]
    Away(#[source] sqlx::Error),
    /// Nothing was appended: its events would have had a time in the future. The clock of the database jumped, or the head has
    /// such a time already and nobody has accepted it.
    #[error(
        "the log's time would be {log_time}, and this service's clock says {service_time}: nothing is recorded. Set the clock \
         of the database's machine (or of this one) right; where the log has such a time already, at position {position}, let it \
         go on with `daybook accept-time {position} --reason ...`"
    )]
    ClockAhead {
        /// The time that the events would have had.
        log_time: OffsetDateTime,
        /// The time here.
        service_time: OffsetDateTime,
        /// Where the log ends.
        position: Position,
    },
    /// It may have been appended or not; [`Appender::resolve`](super::Appender::resolve) finds out.
    #[error("the outcome of the append is unknown")]
    Unknown(#[source] sqlx::Error),
    /// The log no longer holds what this appender knows: it was restored, or a standby took over that lacked the tail.
    #[error("the log lost its tail: it no longer holds the event known at position {}", .0.position)]
    HistoryLost(Tip),
    /// The head or the events could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Whether PostgreSQL said for certain that nothing was appended.
pub(super) fn classify(error: sqlx::Error) -> AppendError {
    let sqlx::Error::Database(refusal) = &error else { return AppendError::Unknown(error) };
    let code = refusal.code().unwrap_or_default().into_owned();
    if refusal.constraint() == Some("commands_pkey") {
        return AppendError::CommandKnown;
    }
    if refusal.constraint() == Some("events_stream_version_key") {
        return AppendError::VersionTaken(error);
    }
    match code.get(..2) {
        // The server is going down, perhaps after the commit.
        Some("08" | "57") if code != "57014" => AppendError::Unknown(error),
        // Bad data, a broken constraint, a limit, a wrong statement or a missing right: the batch is at fault.
        Some("21" | "22" | "23" | "42" | "54" | "P0") => AppendError::Refused(error),
        Some(_) => AppendError::Away(error),
        None => AppendError::Unknown(error),
    }
}

pub(super) async fn bounded<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(ANSWER_TIMEOUT, answer).await.unwrap_or_else(|_| Err(timed_out()))
}

pub(super) async fn bounded_read<T>(
    answer: impl Future<Output = Result<T, ReadError>>,
) -> Result<T, AppendError> {
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, answer).await;
    Ok(answer.unwrap_or_else(|_| Err(ReadError::Database(timed_out())))?)
}

pub(super) fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        format!("PostgreSQL did not answer within {ANSWER_TIMEOUT:?}"),
    ))
}
