//! What operators decided about projections.

use serde::{Deserialize, Serialize};

use super::EventPlace;
use crate::event::event_payload;
use crate::upcast::Upcaster;

/// An event of one projection's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectionEvent {
    /// `projection-event-skipped`
    EventSkipped(ProjectionEventSkipped),
    /// `projection-retry-requested`
    RetryRequested(ProjectionRetryRequested),
}

event_payload! {
    ProjectionEvent, upcasters: UPCASTERS;
    EventSkipped(ProjectionEventSkipped) = "projection-event-skipped", 1;
    RetryRequested(ProjectionRetryRequested) = "projection-retry-requested", 1;
}

/// How payloads of older schema versions are read: none yet.
const UPCASTERS: &[Upcaster] = &[];

/// The projection may leave out one event, now and in every generation to come, where it cannot apply it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionEventSkipped {
    /// The event that may be left out.
    #[serde(flatten)]
    pub event: EventPlace,
}

/// The projection is to try one event again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionRetryRequested {
    /// The event that is tried again.
    #[serde(flatten)]
    pub event: EventPlace,
}
