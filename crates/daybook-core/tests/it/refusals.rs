//! Refusals, as programs and people see them.

use daybook_core::clock::ClockError;
use daybook_core::domain::Rejection as _;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_core::projection::ProjectionError;
use daybook_core::subject::{SubjectError, SubjectId};
use daybook_core::system::SystemRejection;
use time::OffsetDateTime;

use crate::given::*;

/// One of each, so that none can be forgotten where wording and reasons are checked.
fn one_of_each() -> Vec<SystemRejection> {
    let projection = projection_name("accounts");
    let subject_id = SubjectId::new("alice").unwrap();
    let (position, recorded_at) = (Position::new(7).unwrap(), OffsetDateTime::UNIX_EPOCH);
    vec![
        ProjectionError::NoSuchPosition { projection: projection.clone() }.into(),
        ProjectionError::NoSuchPartition {
            projection: projection.clone(),
            partition: Partition(1024),
        }
        .into(),
        ProjectionError::SkippedAlready { projection: projection.clone(), event: place(3, 7) }
            .into(),
        ProjectionError::TooManySkips { projection }.into(),
        SubjectError::ForgottenAlready { subject_id: subject_id.clone() }.into(),
        SubjectError::NotForgotten { subject_id: subject_id.clone() }.into(),
        SubjectError::ErasedAlready { subject_id }.into(),
        ClockError::NotInTheFuture { position, recorded_at }.into(),
        ClockError::AcceptedAlready { position, recorded_at }.into(),
    ]
}

#[test]
fn every_refusal_has_its_own_reason_that_programs_may_rely_on() {
    let reasons: Vec<_> = one_of_each().iter().map(|refusal| refusal.reason()).collect();
    assert_eq!(
        reasons,
        [
            "NO_SUCH_POSITION",
            "NO_SUCH_PARTITION",
            "SKIPPED_ALREADY",
            "TOO_MANY_SKIPS",
            "FORGOTTEN_ALREADY",
            "NOT_FORGOTTEN",
            "ERASED_ALREADY",
            "TIME_NOT_IN_THE_FUTURE",
            "TIME_ACCEPTED_ALREADY",
        ]
    );
}

#[test]
fn every_refusal_is_one_sentence_in_lower_case_that_names_its_subject() {
    for refusal in one_of_each() {
        let sentence = refusal.to_string();
        assert!(sentence.starts_with(|c: char| c.is_lowercase()), "{sentence}");
        assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
        let subject =
            ["`accounts`", "`alice`", "position 7"].iter().any(|name| sentence.contains(name));
        assert!(subject, "{sentence}");
    }
}
