//! How fresh an answer must be, and is.
//!
//! A question reflects what the same user wrote before: it carries the saved position of the log that the query service
//! reads. What depends on a read model before a write waits for all that the log holds.

use daybook_proto::v1;
use serde::Serialize;
use tonic::Code;

use super::Session;
use crate::cli::QueryArgs;
use crate::client::CallError;
use crate::failure::Failure;
use crate::output::time_text;
use crate::positions::{self, Known, Positions};

/// Of a log, before a question is asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Freshness {
    /// What the answer must reflect; 0: nothing.
    pub(crate) min_position: i64,
    /// Where the log ended; an answer from the log itself reflects at least that. 0: empty, or not known.
    pub(crate) head: i64,
}

/// As of when an answer is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AsOf {
    /// It reflects the log up to this position.
    as_of_position: i64,
    /// When the event there was recorded; absent where that cannot be told.
    as_of_time: Option<String>,
}

impl AsOf {
    /// For people.
    pub(crate) fn words(&self) -> String {
        let position = self.as_of_position;
        match &self.as_of_time {
            Some(time) => format!("as of position {position}, {time}"),
            None => format!("as of position {position}"),
        }
    }
}

impl Session {
    /// What an answer must reflect: what the caller says, otherwise the saved position of this log.
    pub(crate) async fn freshness(&self, args: &QueryArgs) -> Result<Freshness, Failure> {
        let Some(log) = self.log(0).await? else {
            return Ok(Freshness { min_position: args.min_position.unwrap_or(0), head: 0 });
        };
        let min_position = match args.min_position {
            Some(position) => position,
            None => self.saved_position(&log),
        };
        Ok(Freshness { min_position, head: log.head })
    }

    /// For what is asked before a write: all that the log holds.
    pub(crate) async fn all_written(&self) -> Result<i64, Failure> {
        Ok(self.log(0).await?.map_or(0, |log| log.head))
    }

    fn saved_position(&self, log: &v1::GetLogResponse) -> i64 {
        match Positions::load().of(&log.log_history, log.head) {
            Known::Nothing => 0,
            Known::Position(position) => position,
            Known::Lost(position) => {
                self.printer.notice(&format!(
                    "your last command was recorded at position {position}; the log ends at {} or has another history \
                     since, as after a restore: look whether the command is still there. The position is dropped.",
                    log.head
                ));
                if let Err(error) = positions::drop_of(&log.log_history) {
                    self.printer.notice(&format!("the saved position cannot be dropped: {error}"));
                }
                0
            }
        }
    }

    /// Remembers the position of a receipt. The command is done, whether that succeeds or not.
    pub(crate) fn remember(&self, log_history: &str, position: i64) {
        if let Err(error) = positions::save(log_history, position) {
            self.printer.notice(&format!(
                "the position of this receipt cannot be saved, so that a question may miss it without \
                 --min-position {position}: {error}"
            ));
        }
    }

    /// As of when an answer is that reflects the log up to `position`.
    pub(crate) async fn as_of(&self, position: i64) -> AsOf {
        let log = if position > 0 { self.log(position).await.ok().flatten() } else { None };
        let as_of_time = log.and_then(|log| log.recorded_at).map(|at| time_text(Some(&at)));
        AsOf { as_of_position: position, as_of_time }
    }

    /// `None`: the service is too old to say.
    async fn log(&self, position: i64) -> Result<Option<v1::GetLogResponse>, Failure> {
        match self.query.log(&v1::GetLogRequest { position }).await {
            Ok(log) => Ok(Some(log)),
            Err(CallError::Refused(status)) if status.code() == Code::Unimplemented => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
