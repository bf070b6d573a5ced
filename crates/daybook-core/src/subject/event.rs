//! What happens to a subject's data.

use serde::{Deserialize, Serialize};

use super::SubjectId;
use crate::event::event_payload;
use crate::upcast::Upcaster;

/// An event of a subject's stream, or of a stream that tells a partition of erasures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectEvent {
    /// `subject-forgotten`
    Forgotten(SubjectForgotten),
    /// `personal-data-erased`
    Erased(PersonalDataErased),
}

event_payload! {
    SubjectEvent, upcasters: UPCASTERS;
    Forgotten(SubjectForgotten) = "subject-forgotten", 1;
    Erased(PersonalDataErased) = "personal-data-erased", 1;
}

/// How payloads of older schema versions are read: none yet.
const UPCASTERS: &[Upcaster] = &[];

/// Somebody decided that the subject is forgotten; the metadata say who and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectForgotten {
    /// The data subject that is forgotten.
    pub subject_id: SubjectId,
}

/// The subject's key is gone, and with it what was sealed under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalDataErased {
    /// Whose.
    pub subject_id: SubjectId,
}
