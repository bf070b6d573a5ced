//! What a call may use: time, by its own `grpc-timeout` and the service's limits, whichever ends first; and the places that
//! its weight has.

use std::future::Future;
use std::time::Duration;

use daybook_runtime::deadline::caller_timeout;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use crate::admission::{InHand, WaitingPlace, Weight};
use crate::error::QueryError;
use crate::settings::QuerySettings;

/// Kept back from the caller's deadline, so that the answer that says why arrives before the caller stops listening.
const ANSWER_MARGIN_MAX: Duration = Duration::from_millis(50);

/// What one call may use.
pub(crate) struct Budget<'a> {
    in_hand: InHand<'a>,
    wait_until: Instant,
    call_until: Option<Instant>,
    query_max: Duration,
}

impl<'a> Budget<'a> {
    /// The budget of a call that arrives now.
    pub(crate) fn of(
        in_hand: InHand<'a>,
        metadata: &MetadataMap,
        settings: &QuerySettings,
    ) -> Self {
        let now = Instant::now();
        let call_until = caller_timeout(metadata)
            .map(|timeout| timeout - ANSWER_MARGIN_MAX.min(timeout / 10))
            .and_then(|timeout| now.checked_add(timeout));
        let wait_max = now + settings.wait_max();
        Self {
            in_hand,
            wait_until: call_until.map_or(wait_max, |call| call.min(wait_max)),
            call_until,
            query_max: settings.query_max(),
        }
    }

    /// What the call is.
    pub(crate) fn weight(&self) -> Weight {
        self.in_hand.weight
    }

    /// A place among the calls that wait, for as long as the result lives.
    pub(crate) fn wait(&self) -> Result<WaitingPlace<'_>, QueryError> {
        self.in_hand.wait()
    }

    /// Until when the call may wait for its `min_position`.
    pub(crate) fn wait_until(&self) -> Instant {
        self.wait_until
    }

    /// Runs work on a database, within what is left. The connection of work that was cut off is closed or cleaned by
    /// its pool.
    pub(crate) async fn bound<T, E: Into<QueryError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, QueryError> {
        let query_until = Instant::now() + self.query_max;
        let until = self.call_until.map_or(query_until, |call| call.min(query_until));
        match tokio::time::timeout_at(until, work).await {
            Ok(result) => result.map_err(Into::into),
            Err(_) => Err(QueryError::TooSlow),
        }
    }
}
