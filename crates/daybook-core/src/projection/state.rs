//! What has been decided about a projection, at one version of its stream.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{EventPlace, ProjectionEvent};
use crate::domain::Aggregate;

/// A projection may leave out at most this many events: one by one is how an operator decides, and who has thousands to
/// leave out has a projection to mend.
pub const PROJECTION_SKIPS_MAX: usize = 10_000;

/// A projection that something was decided about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionRecord {
    /// The events that it may leave out.
    pub skipped: BTreeSet<EventPlace>,
}

impl Aggregate for ProjectionRecord {
    const STREAM_TYPE: &'static str = super::STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = ProjectionEvent;

    fn evolve(state: Option<Self>, event: &ProjectionEvent) -> Option<Self> {
        let mut record = state.unwrap_or_default();
        match event {
            ProjectionEvent::EventSkipped(e) => {
                record.skipped.insert(e.event);
            }
            // A wish: it changes nothing about what the read model holds.
            ProjectionEvent::RetryRequested(_) => {}
        }
        Some(record)
    }
}
