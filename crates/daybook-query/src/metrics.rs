//! What the query service measures: how long each RPC takes, by how it ended.

use std::sync::OnceLock;
use std::time::Instant;

use metrics::{Histogram, describe_histogram, histogram};
use tonic::{Code, Status};

/// Codes of gRPC: 0 to 16.
const CODES: usize = 17;

/// Says what is measured.
pub(crate) fn describe() {
    describe_histogram!(
        "daybook_query_duration_seconds",
        "From taking a call in hand to its answer or error, by RPC and gRPC code"
    );
}

/// The durations of one RPC. Handles are made once a code: after that a call costs a clock and an addition.
pub(crate) struct Durations {
    rpc: &'static str,
    by_code: [OnceLock<Histogram>; CODES],
}

impl Durations {
    /// Of an RPC whose request has this type.
    pub(crate) const fn of(request: &'static str) -> Self {
        Self { rpc: request, by_code: [const { OnceLock::new() }; CODES] }
    }

    pub(crate) fn record<T>(&self, started: Instant, answer: &Result<T, Status>) {
        let code = answer.as_ref().map_or_else(Status::code, |_| Code::Ok);
        let Some(histogram) = self.by_code.get(usize::try_from(i32::from(code)).unwrap_or(2))
        else {
            return;
        };
        histogram.get_or_init(|| self.histogram(code)).record(started.elapsed());
    }

    fn histogram(&self, code: Code) -> Histogram {
        let rpc = self.rpc.strip_suffix("Request").unwrap_or(self.rpc);
        // As the specification of gRPC writes them: NOT_FOUND, not NotFound.
        histogram!("daybook_query_duration_seconds", "rpc" => rpc, "code" => code_name(code))
    }
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
