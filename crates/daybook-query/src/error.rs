//! Why a question is not answered, and the one table from that to gRPC status codes.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::{ReadError, ReplayError};
use daybook_keys::{KeyStoreAway, KeyStoreError, OpenError};
use daybook_runtime::repeats::Repeats;
use daybook_runtime::status;
use daybook_runtime::trouble::{self, Trouble};
use std::sync::Arc;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::admission::Busy;

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    /// The request cannot be right, whatever is stored.
    #[error("`{field}` {description}")]
    Invalid { field: &'static str, description: String },
    /// What the request speaks of does not exist.
    #[error("there is no {kind} `{id}`")]
    NotFound { kind: Kind, id: String },
    /// The wait for `min_position` took longer than it may.
    #[error("`{what}` is at {checkpoint}, not yet at {min_position}")]
    Behind { what: &'static str, min_position: Position, checkpoint: Position },
    /// A position that the log will not reach while a call waits: it is of another log, or of a history that was taken back.
    #[error("position {position} is far beyond the log, which ends at {head}; is it of this log?")]
    BeyondHead { position: Position, head: Position },
    /// `min_position` lies beyond where a partition of a projection has stopped: waiting is no use.
    #[error(
        "projection `{projection}` has stopped in partition {partition} at {checkpoint}, before {min_position}"
    )]
    Stopped {
        projection: &'static str,
        partition: Partition,
        min_position: Position,
        checkpoint: Position,
    },
    /// The read model was folded from events that the log no longer has.
    #[error(
        "read model `{projection}` is ahead of its log in partition {partition}: the log was restored; rebuild the projection"
    )]
    AheadOfLog { projection: &'static str, partition: Partition },
    /// The read model has other tables and texts than this version answers from.
    #[error(
        "read model `{projection}` was filled by another version of Daybook: run `daybook rebuild {projection}`"
    )]
    OtherVersion { projection: &'static str },
    /// The read model was never made.
    #[error("there is no read model `{projection}` yet; has the projector run?")]
    NoReadModel { projection: &'static str },
    /// No checkpoint was ever signed.
    #[error("no checkpoint was signed yet; does a prover run?")]
    NoCheckpoint,
    /// The checkpoint was signed before that.
    #[error("the checkpoint covers {size} events, and not position {position}")]
    NotInTree { position: Position, size: Position },
    /// The tree that proofs are made of is damaged.
    #[error("the stored tree is damaged: {0}")]
    TreeDamaged(String),
    /// The answer would be larger than a message may be.
    #[error("the answer would have more than {rows_max} rows; ask for less at once")]
    TooLarge { rows_max: u32 },
    /// There is more to do than may be at once.
    #[error("{0}; try again")]
    Overloaded(Busy),
    /// The caller's deadline or the service's own limit passed while a database worked.
    #[error("the answer took longer than the call's deadline or the service's limit")]
    TooSlow,
    /// A stored row is not what the projector writes.
    #[error("a row of read model `{projection}` is corrupt: {what}")]
    Corrupt { projection: &'static str, what: String },
    /// A stream's events lead to no state of this domain.
    #[error("the events of stream `{id}` make no state")]
    NoState { id: String },
    /// A state or an event cannot be written as JSON.
    #[error("the answer cannot be written as JSON")]
    Encode {
        #[source]
        source: serde_json::Error,
    },
    /// A sealed text does not open, and its key was not destroyed.
    #[error("the event at position {position} has a text that cannot be opened: {why}")]
    Unopened { position: Position, why: OpenError },
    /// What it takes to open sealed texts is away.
    #[error("the key store is away, and the answer needs it; try again")]
    KeyStoreAway(#[from] KeyStoreAway),
    /// The same.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// Positions have no gaps, and yet events are missing.
    #[error("the log lacks events after position {after}, up to {reached}")]
    LogGap { after: Position, reached: Position },
    /// The log could not be read.
    #[error(transparent)]
    Log(ReadError),
    /// A database is away, or refused.
    #[error("failed to read from {name}")]
    Database {
        name: DatabaseName,
        #[source]
        source: Arc<sqlx::Error>,
    },
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseName {
    Log,
    ReadModels,
}

impl std::fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Log => "the database of the log",
            Self::ReadModels => "the database of the read models",
        })
    }
}

/// What can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    Transfer,
    Stream,
    Projection,
    Checkpoint,
}

impl Kind {
    fn reason(self) -> &'static str {
        match self {
            Self::Account => "ACCOUNT_NOT_FOUND",
            Self::Transfer => "TRANSFER_NOT_FOUND",
            Self::Stream => "STREAM_NOT_FOUND",
            Self::Projection => "PROJECTION_NOT_FOUND",
            Self::Checkpoint => "CHECKPOINT_NOT_FOUND",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Transfer => "transfer",
            Self::Stream => "stream",
            Self::Projection => "projection",
            Self::Checkpoint => "checkpoint of size",
        })
    }
}

impl QueryError {
    pub(crate) fn invalid(field: &'static str, description: impl ToString) -> Self {
        Self::Invalid { field, description: description.to_string() }
    }
}

impl From<sqlx::Error> for QueryError {
    /// What asks the log has [`ReadError`].
    fn from(error: sqlx::Error) -> Self {
        Self::Database { name: DatabaseName::ReadModels, source: Arc::new(error) }
    }
}

impl From<ReadError> for QueryError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(source) => {
                Self::Database { name: DatabaseName::Log, source: Arc::new(source) }
            }
            other => Self::Log(other),
        }
    }
}

impl From<ReplayError> for QueryError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Read(error) => error.into(),
            ReplayError::Gap { after, reached } => Self::LogGap { after, reached },
        }
    }
}

/// The table.
impl From<QueryError> for Status {
    fn from(error: QueryError) -> Self {
        let message = error.to_string();
        let at = |min_position: Position, checkpoint: Position| {
            vec![("min_position", min_position.to_string()), ("checkpoint", checkpoint.to_string())]
        };
        match error {
            QueryError::Invalid { field, description } => {
                status::invalid_argument(field, description)
            }
            QueryError::NotFound { kind, id } => status::not_found(kind.reason(), &id, message),
            QueryError::Behind { min_position, checkpoint, .. } => status::deadline_exceeded(
                "READ_MODEL_BEHIND",
                message,
                at(min_position, checkpoint),
            ),
            QueryError::Stopped { projection, partition, min_position, checkpoint } => {
                let mut facts = at(min_position, checkpoint);
                facts.push(("projection", projection.to_owned()));
                facts.push(("partition", partition.to_string()));
                status::error(Code::Unavailable, "PROJECTION_STOPPED", message, facts)
            }
            QueryError::AheadOfLog { projection, partition } => {
                tracing::error!(projection.name = projection, %partition, "{message}");
                let facts = vec![
                    ("projection", projection.to_owned()),
                    ("partition", partition.to_string()),
                ];
                status::data_loss("READ_MODEL_AHEAD_OF_LOG", message, facts)
            }
            QueryError::OtherVersion { projection } => {
                let facts = vec![("projection", projection.to_owned())];
                status::error(Code::Unavailable, "READ_MODEL_OUTDATED", message, facts)
            }
            QueryError::NoReadModel { .. } => status::unavailable("READ_MODEL_MISSING", message),
            QueryError::NoCheckpoint => {
                status::failed_precondition("NO_CHECKPOINT", "prover", message, Vec::new())
            }
            QueryError::NotInTree { position, size } => {
                let facts = vec![("position", position.to_string()), ("size", size.to_string())];
                status::failed_precondition("NOT_IN_TREE", "prover", message, facts)
            }
            QueryError::TreeDamaged(_) => {
                tracing::error!("{message}");
                status::data_loss("TREE_DAMAGED", message, Vec::new())
            }
            QueryError::TooLarge { .. } => {
                status::error(Code::ResourceExhausted, "ANSWER_TOO_LARGE", message, Vec::new())
            }
            QueryError::Overloaded(busy) => {
                status::resource_exhausted("OVERLOADED", message, busy.retry_after())
            }
            QueryError::BeyondHead { position, head } => {
                let facts = vec![("position", position.to_string()), ("head", head.to_string())];
                status::failed_precondition("BEYOND_HEAD", "log", message, facts)
            }
            QueryError::TooSlow => status::deadline_exceeded("TOO_SLOW", message, Vec::new()),
            QueryError::Corrupt { projection, .. } => {
                tracing::error!(projection.name = projection, "{message}");
                let facts = vec![("projection", projection.to_owned())];
                status::data_loss("READ_MODEL_CORRUPT", message, facts)
            }
            QueryError::NoState { .. } => status::data_loss("NO_STATE", message, Vec::new()),
            QueryError::Encode { source } => status::internal(&Uuid::new_v4().to_string(), &source),
            QueryError::Unopened { position, why } => {
                tracing::error!(event.position = %position, "{message}");
                let (reason, subject_id) = match why {
                    OpenError::UnknownSubject(subject_id) => ("KEY_UNKNOWN", subject_id),
                    OpenError::NotSealedHere(subject_id) => ("TEXT_NOT_SEALED_HERE", subject_id),
                };
                let facts = vec![
                    ("subject_id", subject_id.to_string()),
                    ("position", position.to_string()),
                ];
                status::data_loss(reason, message, facts)
            }
            QueryError::KeyStoreAway(_) => status::unavailable("KEY_STORE_UNAVAILABLE", message),
            QueryError::KeyStore(error) => key_store_status(error),
            QueryError::LogGap { after, reached } => {
                tracing::error!(%after, %reached, "{message}");
                let facts = vec![("after", after.to_string()), ("reached", reached.to_string())];
                status::data_loss("LOG_GAP", message, facts)
            }
            QueryError::Log(error) => log_status(error),
            QueryError::Database { name, source } => database_status(name, &source),
        }
    }
}

fn log_status(error: ReadError) -> Status {
    match error {
        ReadError::NoLog => status::unavailable("NO_LOG", error),
        ReadError::Corrupt { position, ref source } => {
            tracing::error!(event.position = %position, %source, "{error}");
            status::data_loss("EVENT_CORRUPT", &error, vec![("position", position.to_string())])
        }
        ReadError::Undecodable { ref stream_id, version, ref source } => {
            tracing::error!(stream.id = %stream_id, stream.version = %version, %source, "{error}");
            let facts =
                vec![("stream_id", stream_id.to_string()), ("version", version.to_string())];
            status::data_loss("EVENT_UNDECODABLE", &error, facts)
        }
        ReadError::Database(source) => database_status(DatabaseName::Log, &source),
    }
}

/// Away, refusing or not migrated are alike to a caller: what is sealed cannot be shown now.
fn key_store_status(error: KeyStoreError) -> Status {
    match error {
        KeyStoreError::Database(source) => {
            warn(&trouble::explain("the key store", &source));
            let message = "the key store is away, and the answer holds sealed texts; try again";
            status::unavailable("KEY_STORE_UNAVAILABLE", message)
        }
        KeyStoreError::NoWordKey => status::unavailable("NOT_MIGRATED", &error),
        KeyStoreError::Corrupt | KeyStoreError::CorruptId(_) => {
            tracing::error!("{error}");
            status::data_loss("KEY_STORE_CORRUPT", &error, Vec::new())
        }
        KeyStoreError::NoRandomNumbers(_) | KeyStoreError::NotApart => {
            status::internal(&Uuid::new_v4().to_string(), &error)
        }
    }
}

/// Nothing here has an effect, so whatever may pass is safe to retry. What is no trouble of a database is a defect, of the
/// service or of what is stored.
fn database_status(name: DatabaseName, error: &sqlx::Error) -> Status {
    match Trouble::of(error).status(name) {
        Some(status) => {
            warn(&trouble::explain(name, error));
            status
        }
        None => status::internal(&Uuid::new_v4().to_string(), error),
    }
}

/// Logs what many calls find out, and does not say the same of each.
fn warn(what: &str) {
    static REPEATS: Repeats = Repeats::new();
    if let Some(left_out) = REPEATS.note(what) {
        tracing::warn!(left_out, "{what}");
    }
}

#[cfg(test)]
mod tests {
    use daybook_core::subject::SubjectId;
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn every_error_has_a_code_and_a_stable_reason() {
        let at = |n| Position::new(n).expect("valid");
        let partition = Partition(3);
        let cases = [
            (QueryError::invalid("page_size", "is -1"), Code::InvalidArgument, "INVALID_FIELD"),
            (
                QueryError::NotFound { kind: Kind::Account, id: "x".into() },
                Code::NotFound,
                "ACCOUNT_NOT_FOUND",
            ),
            (
                QueryError::Behind { what: "accounts", min_position: at(9), checkpoint: at(7) },
                Code::DeadlineExceeded,
                "READ_MODEL_BEHIND",
            ),
            (
                QueryError::Stopped {
                    projection: "accounts",
                    partition,
                    min_position: at(9),
                    checkpoint: at(7),
                },
                Code::Unavailable,
                "PROJECTION_STOPPED",
            ),
            (
                QueryError::AheadOfLog { projection: "accounts", partition },
                Code::DataLoss,
                "READ_MODEL_AHEAD_OF_LOG",
            ),
            (QueryError::NoCheckpoint, Code::FailedPrecondition, "NO_CHECKPOINT"),
            (
                QueryError::NotInTree { position: at(9), size: at(7) },
                Code::FailedPrecondition,
                "NOT_IN_TREE",
            ),
            (QueryError::TreeDamaged("tile".into()), Code::DataLoss, "TREE_DAMAGED"),
            (QueryError::TooLarge { rows_max: 1 }, Code::ResourceExhausted, "ANSWER_TOO_LARGE"),
            (QueryError::Overloaded(Busy::Connections), Code::ResourceExhausted, "OVERLOADED"),
            (
                QueryError::BeyondHead { position: at(9), head: at(7) },
                Code::FailedPrecondition,
                "BEYOND_HEAD",
            ),
            (QueryError::TooSlow, Code::DeadlineExceeded, "TOO_SLOW"),
            (
                QueryError::Unopened {
                    position: at(9),
                    why: OpenError::UnknownSubject(SubjectId::new("alice").expect("valid")),
                },
                Code::DataLoss,
                "KEY_UNKNOWN",
            ),
            (
                KeyStoreError::Database(sqlx::Error::PoolTimedOut).into(),
                Code::Unavailable,
                "KEY_STORE_UNAVAILABLE",
            ),
            (KeyStoreError::Corrupt.into(), Code::DataLoss, "KEY_STORE_CORRUPT"),
            (QueryError::Log(ReadError::NoLog), Code::Unavailable, "NO_LOG"),
            (sqlx::Error::WorkerCrashed.into(), Code::Unavailable, "DATABASE_UNAVAILABLE"),
            (sqlx::Error::RowNotFound.into(), Code::Internal, "INTERNAL"),
        ];
        for (error, code, reason) in cases {
            let status = Status::from(error);
            let details = status.get_error_details();
            let info = details.error_info().expect("every error carries ErrorInfo");
            assert_eq!((status.code(), info.reason.as_str()), (code, reason), "{status}");
        }
    }
}
