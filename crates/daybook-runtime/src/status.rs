//! gRPC errors with typed details. Every one carries `google.rpc.ErrorInfo` with a stable reason and the domain
//! `daybook`; the text is for people.

use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// `ErrorInfo.domain` of every error here.
pub const ERROR_DOMAIN: &str = "daybook";

/// Facts of an error, by name, for programs.
pub type Facts = Vec<(&'static str, String)>;

/// An error of `code` with a stable `reason`, facts, and a `message` for people.
#[must_use]
pub fn error(code: Code, reason: &str, message: impl Display, facts: Facts) -> Status {
    let details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, map(facts));
    Status::with_error_details(code, message.to_string(), details)
}

/// A field of the request that cannot be right; `description` says what would be.
#[must_use]
pub fn invalid_argument(field: &str, description: impl Display) -> Status {
    let description = description.to_string();
    let message = format!("`{field}` {description}");
    let mut details = ErrorDetails::with_bad_request_violation(field, description);
    details.set_error_info("INVALID_FIELD", ERROR_DOMAIN, map(vec![("field", field.to_owned())]));
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A field that a rule of the domain calls wrong, with the rule's own stable reason.
#[must_use]
pub fn invalid_by_rule(
    reason: &str,
    field: &str,
    message: impl Display,
    mut facts: Facts,
) -> Status {
    let message = message.to_string();
    let mut details = ErrorDetails::with_bad_request_violation(field, message.clone());
    facts.push(("field", field.to_owned()));
    details.set_error_info(reason, ERROR_DOMAIN, map(facts));
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A rule that does not allow it now.
#[must_use]
pub fn failed_precondition(
    reason: &str,
    subject: &str,
    message: impl Display,
    facts: Facts,
) -> Status {
    let message = message.to_string();
    let mut details =
        ErrorDetails::with_precondition_failure_violation(reason, subject, message.clone());
    details.set_error_info(reason, ERROR_DOMAIN, map(facts));
    Status::with_error_details(Code::FailedPrecondition, message, details)
}

/// Too much is waiting; the caller may try again after `retry_after`.
#[must_use]
pub fn resource_exhausted(reason: &str, message: impl Display, retry_after: Duration) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(retry_after));
    details.set_error_info(reason, ERROR_DOMAIN, HashMap::new());
    Status::with_error_details(Code::ResourceExhausted, message.to_string(), details)
}

/// The thing does not exist.
#[must_use]
pub fn not_found(reason: &str, subject: &str, message: impl Display) -> Status {
    error(Code::NotFound, reason, message, vec![("subject", subject.to_owned())])
}

/// Something that the answer needs is away.
#[must_use]
pub fn unavailable(reason: &str, message: impl Display) -> Status {
    error(Code::Unavailable, reason, message, Vec::new())
}

/// It took longer than the caller or the service allows.
#[must_use]
pub fn deadline_exceeded(reason: &str, message: impl Display, facts: Facts) -> Status {
    error(Code::DeadlineExceeded, reason, message, facts)
}

/// What is stored is not what it should be.
#[must_use]
pub fn data_loss(reason: &str, message: impl Display, facts: Facts) -> Status {
    error(Code::DataLoss, reason, message, facts)
}

/// A defect. The cause goes to the log under `reference`, never to the caller.
#[must_use]
pub fn internal(reference: &str, cause: &dyn Display) -> Status {
    tracing::error!(reference, %cause, "internal error");
    let message = format!("internal error; the service's log has it under `{reference}`");
    error(Code::Internal, "INTERNAL", message, vec![("reference", reference.to_owned())])
}

fn map(facts: Facts) -> HashMap<String, String> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_details_survive_the_wire() {
        let status = failed_precondition(
            "INSUFFICIENT_FUNDS",
            "account-alice",
            "not enough",
            vec![("available", "5".to_owned())],
        );
        let details = status.get_error_details();
        let info = details.error_info().expect("has ErrorInfo");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("INSUFFICIENT_FUNDS", "daybook"));
        assert_eq!(info.metadata["available"], "5");
        let violations =
            &details.precondition_failure().expect("has PreconditionFailure").violations;
        assert_eq!(violations[0].subject, "account-alice");
    }

    #[test]
    fn a_wrong_field_is_named() {
        let status = invalid_argument("amount.currency", "is empty");
        assert_eq!(status.message(), "`amount.currency` is empty");
        let details = status.get_error_details();
        let violations = &details.bad_request().expect("has BadRequest").field_violations;
        assert_eq!(violations[0].field, "amount.currency");
    }
}
