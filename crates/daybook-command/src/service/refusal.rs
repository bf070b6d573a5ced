//! The one table from a command's fate to a gRPC status. No wildcard: a new refusal must be placed here.

use daybook_core::clock;
use daybook_core::domain::{Rejection, RejectionKind};
use daybook_core::metadata::Metadata;
use daybook_runtime::status;
use daybook_runtime::trouble::Trouble;
use tonic::{Code, Status};

use daybook_decider::submission::Refusal;

pub(super) fn status<R: Rejection>(refusal: Refusal<R>, metadata: &Metadata) -> Status {
    match refusal {
        Refusal::Rejected(rejection) => rejected(&rejection),
        Refusal::WrongVersion { stream_id, expected, actual } => status::error(
            Code::Aborted,
            "WRONG_EXPECTED_VERSION",
            format!("stream `{stream_id}` is at version {actual}, expected was {expected}"),
            vec![
                ("stream_id", stream_id.to_string()),
                ("expected", expected.to_string()),
                ("actual", actual.to_string()),
            ],
        ),
        Refusal::CommandIdReused => status::error(
            Code::AlreadyExists,
            "COMMAND_ID_REUSED",
            format!(
                "command_id `{}` had its effect with another content, expected version or actor",
                metadata.command_id
            ),
            vec![("command_id", metadata.command_id.to_string())],
        ),
        Refusal::SubjectForgotten(subject_id) => status::failed_precondition(
            "SUBJECT_FORGOTTEN",
            subject_id.stream_id().as_str(),
            format!(
                "subject `{subject_id}` is forgotten: nothing personal is recorded of them any more, and the command names \
                 them"
            ),
            vec![("subject_id", subject_id.to_string())],
        ),
        Refusal::ClockAhead { position, error } => status::failed_precondition(
            "LOG_CLOCK_AHEAD",
            clock::stream_id().as_str(),
            error,
            vec![("position", position.to_string())],
        ),
        Refusal::TooLate => too_late(),
        Refusal::Defect(cause) => status::internal(metadata.correlation_id.as_str(), &cause),
    }
}

fn rejected(rejection: &impl Rejection) -> Status {
    let (reason, message, facts) = (rejection.reason(), rejection.to_string(), rejection.facts());
    match rejection.kind() {
        RejectionKind::Invalid { field } => status::invalid_by_rule(reason, field, message, facts),
        RejectionKind::NotFound => status::not_found(reason, &rejection.subject(), message),
        RejectionKind::AlreadyExists => status::error(Code::AlreadyExists, reason, message, facts),
        RejectionKind::RuleBroken => {
            status::failed_precondition(reason, &rejection.subject(), message, facts)
        }
    }
}

/// The deadline passed while the command was waiting.
pub(super) fn too_late() -> Status {
    let message = "the deadline passed before the command was decided; it was not applied";
    status::deadline_exceeded("NOT_APPLIED", message, Vec::new())
}

/// The log takes nothing: `why`, in words.
pub(super) fn log_away(trouble: Trouble, why: &str) -> Status {
    not_applied(trouble, format!("{why}; the command was not applied"))
}

/// The deadline passed before the log was reached, or while the outcome of an append was being found out.
pub(super) fn log_unknown() -> Status {
    not_applied(Trouble::Lost, "the log did not answer yet; the command was not applied".to_owned())
}

/// The deadline passed while the key store was away, and the command may have waited for a key.
pub(super) fn keys_away(title: &str, trouble: Trouble) -> Status {
    let advice = trouble.advice();
    not_applied(trouble, format!("{title} {advice}; the command was not applied"))
}

fn not_applied(trouble: Trouble, message: String) -> Status {
    let facts = vec![("cause", trouble.cause().to_owned())];
    status::error(Code::Unavailable, "NOT_APPLIED", message, facts)
}

/// The command was in hand when waiting for it ended.
pub(super) fn outcome_unknown(metadata: &Metadata) -> Status {
    status::error(
        Code::Unavailable,
        "OUTCOME_UNKNOWN",
        format!(
            "the outcome is unknown; send it again with command_id `{}` to learn it",
            metadata.command_id
        ),
        vec![("command_id", metadata.command_id.to_string())],
    )
}
