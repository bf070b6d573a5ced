//! Data subjects: the people whose personal data events hold, and how they are forgotten.
//!
//! A domain says whose data the personal texts of a command are (`Domain::subject`), and they are sealed under that subject's
//! key. Forgetting is two commands, with the key destroyed between them:
//!
//! 1. [`SubjectCommand::ForgetSubject`]: the act, with who and why, on the stream `subject-<id>`. From here on it is
//!    carried through, whatever fails.
//! 2. [`SubjectCommand::RecordErasure`], when no key can be had any more: one event on the subject's stream, and one in
//!    each partition ([`erasure_streams`]). Read models keep their rows by partition, each in its own order: so all of them
//!    learn it, behind every event that they could still read and before every event that they cannot.

mod command;
mod decide;
mod error;
pub mod event;
mod state;

pub use command::SubjectCommand;
pub(crate) use decide::decide;
pub use error::SubjectError;
pub use event::SubjectEvent;
pub use state::Subject;

use crate::ids::aggregate_id;
use crate::partition::Partition;
use crate::stream::StreamId;

/// What stands before the `-` in the id of a subject's stream.
pub const STREAM_TYPE: &str = "subject";

/// What stands before the `-` in the ids of the streams that tell each partition of erasures.
pub const ERASURE_STREAM_TYPE: &str = "erasure";

aggregate_id! {
    /// Whose personal data it is, by an id of the domain's choice: 1 to 100 of `A–Z a–z 0–9 . _ : -`.
    SubjectId in STREAM_TYPE
}

/// For each partition of a log of `partition_count` the stream that tells it of erasures: the first of `erasure-0`,
/// `erasure-1` … that lies in it.
#[must_use]
pub fn erasure_streams(partition_count: u16) -> Vec<StreamId> {
    let count = usize::from(partition_count.max(1));
    let mut found: Vec<Option<StreamId>> = vec![None; count];
    let mut missing = count;
    for number in 0_u32.. {
        if missing == 0 {
            break;
        }
        let stream_id = StreamId::new(ERASURE_STREAM_TYPE, &number.to_string())
            .expect("a stream type and a number make a stream id");
        let place = &mut found[Partition::of(&stream_id, partition_count).index()];
        if place.is_none() {
            *place = Some(stream_id);
            missing -= 1;
        }
    }
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::PARTITION_COUNT_MAX;

    #[test]
    fn every_partition_has_one_stream_that_tells_it_of_erasures() {
        for count in [1, 2, 7, 16, PARTITION_COUNT_MAX] {
            let streams = erasure_streams(count);
            assert_eq!(streams.len(), usize::from(count));
            for (partition, stream_id) in (0..).map(Partition).zip(&streams) {
                assert_eq!(Partition::of(stream_id, count), partition);
            }
        }
    }
}
