//! How far a subject is forgotten.

use serde::{Deserialize, Serialize};

use super::SubjectEvent;
use crate::domain::Aggregate;

/// A subject that is to be forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Their key is gone, and every partition has been told.
    pub erased: bool,
}

impl Aggregate for Subject {
    const STREAM_TYPE: &'static str = super::STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = SubjectEvent;

    fn evolve(state: Option<Self>, event: &SubjectEvent) -> Option<Self> {
        let mut subject = state.unwrap_or_default();
        match event {
            SubjectEvent::Forgotten(_) => {}
            SubjectEvent::Erased(_) => subject.erased = true,
        }
        Some(subject)
    }
}
