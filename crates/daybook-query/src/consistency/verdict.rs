//! Whether checkpoints are where an answer needs them. Pure, so that every case is a line in a table of tests.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_domains::read_model;

use super::Need;
use super::checkpoints::{Checkpoints, ReadModel};
use crate::error::QueryError;

/// Whether an answer can be given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Yes; the log is reflected up to `checkpoint`.
    Reflects { checkpoint: Position },
    /// Not yet, because of this projection.
    Behind { projection: &'static str, checkpoint: Position },
}

/// Judges the read models that an answer needs; the answer is as far as the one that is furthest behind.
pub(super) fn judge(checkpoints: &Checkpoints, need: &Need) -> Result<Verdict, QueryError> {
    let mut lowest: Option<(Position, &'static str)> = None;
    for &projection in need.projections {
        let model = checkpoints.0.get(projection).ok_or(QueryError::NoReadModel { projection })?;
        if read_model(projection).map(|known| known.version) != Some(model.version) {
            return Err(QueryError::OtherVersion { projection });
        }
        refuse_ahead_of_log(projection, model)?;
        let checkpoint = checkpoint_of(projection, model, need)?;
        if lowest.is_none_or(|(position, _)| checkpoint < position) {
            lowest = Some((checkpoint, projection));
        }
    }
    Ok(match lowest {
        Some((checkpoint, projection)) if checkpoint < need.min_position => {
            Verdict::Behind { projection, checkpoint }
        }
        Some((checkpoint, _)) => Verdict::Reflects { checkpoint },
        None => Verdict::Reflects { checkpoint: Position::MAX },
    })
}

/// One partition that is ahead of its log spoils the whole read model: the log that it was folded from is gone.
fn refuse_ahead_of_log(projection: &'static str, model: &ReadModel) -> Result<(), QueryError> {
    let ahead = model.partitions.iter().find(|(_, checkpoint)| {
        checkpoint.stopped.as_ref().is_some_and(|stopped| stopped.ahead_of_log)
    });
    match ahead {
        Some((&partition, _)) => Err(QueryError::AheadOfLog { projection, partition }),
        None => Ok(()),
    }
}

/// The lowest checkpoint of the partitions needed. One that the projector has not begun is at zero.
fn checkpoint_of(
    projection: &'static str,
    model: &ReadModel,
    need: &Need,
) -> Result<Position, QueryError> {
    let needed = match need.partition {
        Some(Partition(only)) => only..only.saturating_add(1),
        None => 0..need.partition_count,
    };
    let mut lowest = Position::MAX;
    for partition in needed.map(Partition) {
        let found = model.partitions.get(&partition);
        let checkpoint = found.map_or(Position::ZERO, |found| found.position);
        if checkpoint < need.min_position && found.is_some_and(|found| found.stopped.is_some()) {
            let min_position = need.min_position;
            return Err(QueryError::Stopped { projection, partition, min_position, checkpoint });
        }
        lowest = lowest.min(checkpoint);
    }
    Ok(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::checkpoints::{PartitionCheckpoint, Stopped};

    const BOTH: &[&str] = &["accounts", "account_entries"];

    fn at(position: i64) -> PartitionCheckpoint {
        PartitionCheckpoint { position: Position::new(position).expect("valid"), stopped: None }
    }

    fn stopped(position: i64, ahead_of_log: bool) -> PartitionCheckpoint {
        let stopped = Some(Stopped { ahead_of_log, error: "x".to_owned() });
        PartitionCheckpoint { stopped, ..at(position) }
    }

    /// Partitions 0, 1, … of `accounts` and of `account_entries`.
    fn models(accounts: &[PartitionCheckpoint], entries: &[PartitionCheckpoint]) -> Checkpoints {
        let model = |name, partitions: &[PartitionCheckpoint]| ReadModel {
            generation: 1,
            version: read_model(name).expect("a read model").version,
            partitions: (0..).map(Partition).zip(partitions.iter().cloned()).collect(),
        };
        let named = [("accounts", accounts), ("account_entries", entries)];
        Checkpoints(named.map(|(name, of)| (name.to_owned(), model(name, of))).into())
    }

    /// What two partitions' checkpoints lead to, as text.
    fn check(models: &Checkpoints, partition: Option<u16>, min_position: i64) -> String {
        let need = Need {
            projections: BOTH,
            partition: partition.map(Partition),
            partition_count: 2,
            min_position: Position::new(min_position).expect("valid"),
        };
        match judge(models, &need) {
            Ok(Verdict::Reflects { checkpoint }) => format!("reflects {checkpoint}"),
            Ok(Verdict::Behind { projection, checkpoint }) => {
                format!("{projection} behind at {checkpoint}")
            }
            Err(error) => error.to_string().split(" in partition").next().unwrap().to_owned(),
        }
    }

    #[test]
    fn g9_an_answer_is_as_far_as_the_partition_that_is_furthest_behind() {
        let all = models(&[at(9), at(7)], &[at(8), at(6)]);
        assert_eq!(check(&all, None, 0), "reflects 6");
        assert_eq!(check(&all, None, 6), "reflects 6");
        assert_eq!(check(&all, None, 7), "account_entries behind at 6");
        assert_eq!(check(&all, Some(0), 8), "reflects 8");
        assert_eq!(check(&all, Some(1), 8), "account_entries behind at 6");
    }

    #[test]
    fn g9_a_partition_that_was_never_begun_is_at_zero() {
        let begun = models(&[at(9)], &[at(9), at(9)]);
        assert_eq!(check(&begun, None, 0), "reflects 0");
        assert_eq!(check(&begun, None, 1), "accounts behind at 0");
        assert_eq!(check(&begun, Some(0), 9), "reflects 9");
    }

    #[test]
    fn g9_a_stopped_partition_is_an_error_only_for_who_needs_more_of_it() {
        let halted = models(&[stopped(5, false), at(9)], &[at(9), at(9)]);
        assert_eq!(check(&halted, None, 5), "reflects 5");
        assert_eq!(check(&halted, None, 6), "projection `accounts` has stopped");
        assert_eq!(check(&halted, Some(0), 6), "projection `accounts` has stopped");
        assert_eq!(check(&halted, Some(1), 6), "reflects 9");
    }

    #[test]
    fn a_read_model_ahead_of_its_log_answers_nothing_in_any_partition() {
        let ahead = models(&[at(9), at(9)], &[at(9), stopped(5, true)]);
        for partition in [None, Some(0), Some(1)] {
            assert_eq!(
                check(&ahead, partition, 0),
                "read model `account_entries` is ahead of its log"
            );
        }
    }

    #[test]
    fn a_read_model_of_another_version_answers_nothing() {
        let mut other = models(&[at(9), at(9)], &[at(9), at(9)]);
        other.0.get_mut("account_entries").expect("it is there").version += 1;
        let text = check(&other, None, 0);
        assert!(text.ends_with("run `daybook rebuild account_entries`"), "{text}");
    }

    #[test]
    fn a_read_model_that_was_never_made_is_named() {
        let text = check(&Checkpoints::default(), None, 0);
        assert!(text.starts_with("there is no read model `accounts` yet"), "{text}");
    }
}
