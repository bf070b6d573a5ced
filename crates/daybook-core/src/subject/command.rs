//! What can be told about a subject.

use serde::Serialize;

use super::SubjectId;
use crate::stream::StreamId;

/// A command about one subject.
///
/// Its JSON is hashed, and never changes: see [`Domain::Command`](crate::domain::Domain::Command).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum SubjectCommand {
    /// Has them forgotten. It cannot be taken back.
    #[serde(rename = "ForgetSubject")]
    ForgetSubject {
        /// The data subject to forget.
        subject_id: SubjectId,
    },
    /// Records that their key is gone, in every partition.
    #[serde(rename = "RecordErasure")]
    RecordErasure {
        /// Whose.
        subject_id: SubjectId,
        /// See [`super::erasure_streams`].
        erasure_streams: Vec<StreamId>,
    },
}

impl SubjectCommand {
    /// Whom it is about.
    #[must_use]
    pub fn subject_id(&self) -> &SubjectId {
        match self {
            Self::ForgetSubject { subject_id } | Self::RecordErasure { subject_id, .. } => {
                subject_id
            }
        }
    }
}
