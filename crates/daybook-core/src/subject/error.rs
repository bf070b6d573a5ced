//! Why a command about a subject is refused: one variant a rule.

use super::SubjectId;
use crate::domain::{Rejection, RejectionKind};

/// A broken rule of forgetting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// Nobody is forgotten twice.
    #[error("subject `{subject_id}` is forgotten already")]
    ForgottenAlready {
        /// The data subject that the command names.
        subject_id: SubjectId,
    },
    /// What nobody decided is not carried out.
    #[error("nobody has asked for subject `{subject_id}` to be forgotten")]
    NotForgotten {
        /// The data subject that the command names.
        subject_id: SubjectId,
    },
    /// Every partition has been told.
    #[error("the personal data of subject `{subject_id}` are erased already")]
    ErasedAlready {
        /// Whose.
        subject_id: SubjectId,
    },
}

impl SubjectError {
    /// Whom it is about.
    #[must_use]
    pub fn subject_id(&self) -> &SubjectId {
        match self {
            Self::ForgottenAlready { subject_id }
            | Self::NotForgotten { subject_id }
            | Self::ErasedAlready { subject_id } => subject_id,
        }
    }
}

impl Rejection for SubjectError {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::ForgottenAlready { .. } | Self::ErasedAlready { .. } => {
                RejectionKind::AlreadyExists
            }
            Self::NotForgotten { .. } => RejectionKind::RuleBroken,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::ForgottenAlready { .. } => "FORGOTTEN_ALREADY",
            Self::NotForgotten { .. } => "NOT_FORGOTTEN",
            Self::ErasedAlready { .. } => "ERASED_ALREADY",
        }
    }

    fn subject(&self) -> String {
        self.subject_id().stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![("subject_id", self.subject_id().to_string())]
    }
}
