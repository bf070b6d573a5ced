//! What may be told about a subject.

use super::event::{PersonalDataErased, SubjectForgotten};
use super::{Subject, SubjectCommand, SubjectError, SubjectEvent};
use crate::stream::StreamId;

/// What a command about a subject records, and on which streams, given how far the subject is forgotten.
///
/// # Errors
/// When a rule refuses the command; the error says which.
pub(crate) fn decide(
    command: &SubjectCommand,
    subject: Option<&Subject>,
) -> Result<Vec<(StreamId, SubjectEvent)>, SubjectError> {
    match (command, subject) {
        (SubjectCommand::ForgetSubject { subject_id }, None) => {
            let forgotten = SubjectForgotten { subject_id: subject_id.clone() };
            Ok(vec![(subject_id.stream_id(), forgotten.into())])
        }
        (SubjectCommand::ForgetSubject { subject_id }, Some(_)) => {
            Err(SubjectError::ForgottenAlready { subject_id: subject_id.clone() })
        }
        (SubjectCommand::RecordErasure { subject_id, .. }, None) => {
            Err(SubjectError::NotForgotten { subject_id: subject_id.clone() })
        }
        (SubjectCommand::RecordErasure { subject_id, .. }, Some(Subject { erased: true })) => {
            Err(SubjectError::ErasedAlready { subject_id: subject_id.clone() })
        }
        (SubjectCommand::RecordErasure { subject_id, erasure_streams }, Some(_)) => {
            let erased = PersonalDataErased { subject_id: subject_id.clone() };
            let streams =
                [subject_id.stream_id()].into_iter().chain(erasure_streams.iter().cloned());
            Ok(streams.map(|stream_id| (stream_id, erased.clone().into())).collect())
        }
    }
}
