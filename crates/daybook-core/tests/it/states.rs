//! States of the system's streams, as snapshots have them.

use daybook_core::clock::{self, Clock, ClockCommand};
use daybook_core::domain::{Aggregate as _, Domain as _, NO_FINGERPRINT};
use daybook_core::ids::Position;
use daybook_core::projection::ProjectionRecord;
use daybook_core::stream::StreamId;
use daybook_core::subject::{ERASURE_STREAM_TYPE, Subject, SubjectCommand, SubjectId};
use daybook_core::system::{System, SystemCommand};
use daybook_core::testing::Scenario;
use time::macros::datetime;

use crate::given::*;

/// Their shapes, pinned beside the fingerprints: a change of one of the two must be one of the other.
#[test]
fn a_snapshot_has_its_shape_and_reads_back_as_the_state() {
    let subject_id = SubjectId::new("alice").unwrap();
    let accept = ClockCommand::AcceptTime {
        position: Position::new(7).unwrap(),
        recorded_at: datetime!(2109-01-14 10:00 UTC),
    };
    let forget = SubjectCommand::ForgetSubject { subject_id: subject_id.clone() };
    let scenario = Scenario::new(System)
        .when("olga", skip("accounts", 3, 7))
        .then_accepted()
        .when("olga", accept)
        .then_accepted()
        .when("olga", SystemCommand::from(forget))
        .then_accepted();
    for (stream_id, fingerprint, shape) in [
        (
            projection("accounts"),
            ProjectionRecord::FINGERPRINT,
            r#"{"skipped":[{"partition":3,"position":7}]}"#,
        ),
        (clock::stream_id(), Clock::FINGERPRINT, r#"{"accepted_until":"2109-01-14T10:00:00Z"}"#),
        (subject_id.stream_id(), Subject::FINGERPRINT, r#"{"erased":false}"#),
    ] {
        let state = scenario.state(&stream_id).unwrap();
        assert_eq!((System.fingerprint(&stream_id), fingerprint), (1, 1), "{stream_id}");
        assert_eq!(System.encode_state(state).unwrap(), shape);
        assert_eq!(&System.decode_state(&stream_id, shape).unwrap(), state);
    }
}

#[test]
fn a_stream_without_a_state_has_no_snapshot() {
    for stream_id in [format!("{ERASURE_STREAM_TYPE}-0"), "weather-rome".to_owned()] {
        let stream_id = StreamId::parse(&stream_id).unwrap();
        assert_eq!(System.fingerprint(&stream_id), NO_FINGERPRINT);
        assert!(System.decode_state(&stream_id, "{}").is_err());
    }
}
