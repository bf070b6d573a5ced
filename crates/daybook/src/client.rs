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
pub(crate) use retry::{ATTEMPT_MIN, CallError, Fate, Pauses, Verdict, reason_of, verdict};
pub(crate) use stream::{Answer, StreamAnswers, StreamSender};

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use crate::failure::Failure;

/// Longest wait for a TCP connection; a service that is up answers within a round trip.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that is made when it is first used, and made again when it breaks.
fn channel(url: &str) -> Result<Channel, Failure> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(|error| Failure::Usage(format!("`{url}` is not the URL of a service: {error}")))?;
    Ok(endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        // A peer that vanished without a word is noticed while a call waits for it.
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(5))
        .connect_lazy())
}

/// A new id for a command that was given none: sortable by time, unique without asking anybody.
pub(crate) fn new_command_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
