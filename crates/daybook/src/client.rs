//! Calls to the command and the query service.
//!
//! Guarantees: every command carries a command_id, and whatever is sent again is sent with the same one, so that a call
//! whose answer was lost has its effect once. Waiting is bounded by one budget for all attempts. What a caller is told in
//! the end is one of two things: the service's own answer, or that there was none, and what that says about the command.

mod actor;
mod command;
mod command_client;
mod expected_version;
mod paging;
mod query_client;
mod retry;
mod stream;

pub(crate) use actor::Actor;
pub(crate) use command::Command;
pub(crate) use command_client::CommandClient;
pub(crate) use expected_version::ExpectedVersion;
pub(crate) use paging::Pages;
pub(crate) use query_client::QueryClient;
pub(crate) use retry::{
    ATTEMPT_MIN, CallError, Fate, Pauses, Verdict, not_connected, reason_of, verdict,
};
pub(crate) use stream::{Answer, StreamAnswers, StreamSender};

use std::time::Duration;

use tonic::transport::{Channel, Endpoint, Uri};

use crate::failure::Failure;

/// Longest wait for a TCP connection; a service that is up answers within a round trip.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A service, as people know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Command,
    Query,
}

impl Service {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Command => "command service",
            Self::Query => "query service",
        }
    }

    /// The flag that says where it is.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Command => "--command-url",
            Self::Query => "--query-url",
        }
    }
}

/// A connection that is made when it is first used, and made again when it breaks.
fn channel(service: Service, url: &str) -> Result<Channel, Failure> {
    Ok(endpoint(service.flag(), url)?.connect_lazy())
}

/// Where a service is, as `flag` says.
pub(crate) fn endpoint(flag: &str, url: &str) -> Result<Endpoint, Failure> {
    check_url(url).map_err(|problem| {
        // What stands before an @ may be a password.
        let shown = if url.contains('@') { "the URL" } else { url };
        Failure::Usage(format!("{flag}: `{shown}` {problem}; write it as http://HOST:PORT"))
    })?;
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(|error| Failure::Usage(format!("{flag}: {error}")))?;
    Ok(endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        // A peer that vanished without a word is noticed while a call waits for it.
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(5)))
}

/// What is not spoken is refused: gRPC in the clear would answer under any scheme.
fn check_url(url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|error| format!("is not the URL of a service: {error}"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err("asks for TLS, which the services do not speak".to_owned()),
        Some(other) => return Err(format!("begins with {other}://, which is not a service's")),
        None => return Err("has no scheme".to_owned()),
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err("names a user, and services take none".to_owned());
    }
    if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
        return Err("has a path, and services have none".to_owned());
    }
    Ok(())
}

/// A new id for a command that was given none: sortable by time, unique without asking anybody.
pub(crate) fn new_command_id() -> String {
    daybook_runtime::ids::time_ordered().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_spoken_is_taken() {
        for url in ["http://127.0.0.1:7401", "http://[::1]:7401/", "http://daybook.internal"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for (url, problem) in [
            ("https://127.0.0.1:7401", "TLS"),
            ("postgres://127.0.0.1:7401", "begins with postgres://"),
            ("localhost:7401", "no scheme"),
            ("127.0.0.1:7401", "no scheme"),
            ("http://127.0.0.1:7401/v1", "a path"),
            ("http://127.0.0.1:7401/?a=b", "a path"),
            ("http://ann:secret@127.0.0.1:7401", "a user"),
            ("not a url", "not the URL"),
            ("", "not the URL"),
        ] {
            let refused = check_url(url).unwrap_err();
            assert!(refused.contains(problem), "{url}: {refused}");
        }
    }
}
