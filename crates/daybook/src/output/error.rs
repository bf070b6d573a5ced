//! What went wrong, in words and as an object.
//!
//! For people: what happened, the rule or the fields, the numbers, and what to do now. For programs: the same as one
//! JSON object, `{"error": {...}}`.

use std::fmt::Write;

use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{escape, json_line};
use crate::client::{CallError, Fate, Service, not_connected, reason_of};
use crate::failure::Failure;

/// The whole text that goes to stderr.
pub(super) fn failure_text(failure: &Failure, json: bool) -> String {
    if json {
        return object_of(failure)
            .map_or(String::new(), |error| json_line(&json!({"error": error})));
    }
    match failure {
        Failure::Call(CallError::Refused(status)) => format!("refused: {}", in_words(status)),
        Failure::Call(CallError::Unanswered { last, fate, service, url, command_id }) => {
            let advice = advice(*fate, command_id);
            match not_connected(last) {
                Some(cause) => {
                    format!("{}; is it running?\n{advice}", unreachable(*service, url, &cause))
                }
                None => format!("no answer from {url}: {}{advice}", in_words(last)),
            }
        }
        Failure::Usage(message) => format!("error: {message}\nTry `daybook --help`.\n"),
        Failure::Other(error) => format!("error: {error:#}\n"),
        Failure::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => String::new(),
        Failure::Output(error) => format!("error: failed to write: {error}\n"),
        Failure::Reported | Failure::Found | Failure::ReportedUnanswered => String::new(),
    }
}

/// One line on a refusal: its reason and message, and the field where it names one.
pub(crate) fn describe(status: &Status) -> String {
    let mut line = match not_connected(status) {
        Some(cause) => escape(&format!("cannot connect: {cause}")),
        None => escape(status.message()),
    };
    for (field, description) in violations(status) {
        if !line.contains(&description) {
            let _ = write!(line, "; {field}: {description}");
        }
    }
    match reason_of(status).as_str() {
        "" => format!("{line} ({})", code_name(status.code())),
        reason => format!("{line} ({reason})"),
    }
}

fn in_words(status: &Status) -> String {
    let mut text = format!("{}\n", escape(status.message()));
    let code = code_name(status.code());
    match status.get_details_error_info() {
        Some(info) => {
            let _ = writeln!(text, "  reason: {} ({code})", escape(&info.reason));
            // The field's name is in the sentence already.
            let mut facts: Vec<_> =
                info.metadata.iter().filter(|(name, _)| *name != "field").collect();
            facts.sort();
            for (name, value) in facts {
                let _ = writeln!(text, "  {}: {}", escape(name), escape(value));
            }
        }
        None => {
            let _ = writeln!(text, "  code: {code}");
        }
    }
    for (field, description) in violations(status) {
        if !status.message().contains(&description) {
            let _ = writeln!(text, "  field `{field}`: {description}");
        }
    }
    if matches!(reason_of(status).as_str(), "READ_MODEL_BEHIND" | "PROJECTION_STOPPED") {
        text.push_str("With --min-position 0 the answer is what the read model holds now.\n");
    }
    text
}

fn unreachable(service: Option<Service>, url: &str, cause: &str) -> String {
    let name = service.map_or("service", Service::name);
    format!("cannot reach the {name} at {}: {}", escape(url), escape(cause))
}

fn advice(fate: Fate, command_id: &str) -> String {
    match (fate, command_id) {
        (_, "") => "Nothing was changed.\n".to_owned(),
        (Fate::NotApplied, id) => format!(
            "The command had no effect. Run it again when the service can be reached; with\n  \
             --command-id {}\nit cannot have its effect twice.\n",
            escape(id)
        ),
        (Fate::Unknown, id) => format!(
            "Whether the command had its effect is unknown. Run it again with\n  --command-id {}\n\
             and it has its effect once, and you get its receipt.\n",
            escape(id)
        ),
    }
}

fn object_of(failure: &Failure) -> Option<Value> {
    Some(match failure {
        Failure::Call(CallError::Refused(status)) => {
            let mut error = status_object(status);
            error["kind"] = "refused".into();
            error
        }
        Failure::Call(CallError::Unanswered { last, fate, service, url, command_id }) => {
            let mut error = status_object(last);
            if let Some(cause) = not_connected(last) {
                error["message"] = unreachable(*service, url, &cause).into();
            }
            error["kind"] = "unanswered".into();
            error["url"] = url.as_str().into();
            error["outcome"] = match fate {
                Fate::NotApplied => "not_applied".into(),
                Fate::Unknown => "unknown".into(),
            };
            if !command_id.is_empty() {
                error["command_id"] = command_id.as_str().into();
            }
            error
        }
        Failure::Usage(message) => json!({"kind": "usage", "message": message}),
        Failure::Other(error) => json!({"kind": "failed", "message": format!("{error:#}")}),
        Failure::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return None,
        Failure::Output(error) => json!({"kind": "output", "message": error.to_string()}),
        Failure::Reported | Failure::Found | Failure::ReportedUnanswered => return None,
    })
}

fn status_object(status: &Status) -> Value {
    let info = status.get_details_error_info();
    let fields: Vec<Value> = violations(status)
        .into_iter()
        .map(|(field, description)| json!({"field": field, "description": description}))
        .collect();
    json!({
        "code": code_name(status.code()),
        "reason": info.as_ref().map(|info| info.reason.as_str()),
        "message": status.message(),
        "metadata": info.as_ref().map(|info| &info.metadata),
        "fields": fields,
    })
}

/// The fields that a refusal names, each with what is wrong with it.
fn violations(status: &Status) -> Vec<(String, String)> {
    let Some(bad_request) = status.get_details_bad_request() else { return Vec::new() };
    let pair = |v: tonic_types::FieldViolation| (escape(&v.field), escape(&v.description));
    bad_request.field_violations.into_iter().map(pair).collect()
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn refusal() -> Status {
        let mut details = ErrorDetails::new();
        details.set_error_info("INVALID_AMOUNT", "daybook", [("given".to_owned(), "0".to_owned())]);
        details.add_bad_request_violation("amount", "must be more than zero");
        Status::with_error_details(Code::InvalidArgument, "the amount is zero", details)
    }

    #[test]
    fn a_refusal_tells_people_the_reason_the_numbers_and_the_field() {
        let text = failure_text(&Failure::Call(CallError::Refused(Box::new(refusal()))), false);
        for part in [
            "refused: the amount is zero",
            "reason: INVALID_AMOUNT (INVALID_ARGUMENT)",
            "given: 0",
            "field `amount`: must be more than zero",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_lost_answer_tells_how_to_go_on() {
        let lost = Failure::Call(CallError::Unanswered {
            last: Box::new(Status::unavailable("gone")),
            fate: Fate::Unknown,
            service: Some(Service::Command),
            url: "http://127.0.0.1:1".to_owned(),
            command_id: "c-1".to_owned(),
        });
        assert!(failure_text(&lost, false).contains("--command-id c-1"));
        let object: Value = serde_json::from_str(&failure_text(&lost, true)).unwrap();
        assert_eq!(object["error"]["outcome"], "unknown");
        assert_eq!(object["error"]["command_id"], "c-1");
        assert_eq!(object["error"]["code"], "UNAVAILABLE");
    }
}
