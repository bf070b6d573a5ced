//! Applying a batch: all of it in one transaction, or all but what has to be left out of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Tip;
use daybook_runtime::telemetry::error_chain;
use sqlx::Executor as _;

use super::ReadModels;
use crate::checkpoint::{self, Move};
use crate::decoded::Decoded;
use crate::failure;
use crate::projection::{Fact, FoldError, Write};

/// How long one statement may take that erases: a subject may be in very many rows. Whatever else takes longer than the
/// connection allows is at fault, or in the way.
pub(crate) const ERASING_TIMEOUT: &str = "SET LOCAL statement_timeout = '5min'";

/// Something that may pass. After it the read models are opened anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The database is away, or refused for now; whether the transaction went in is unknown.
    #[error("failed to write the read models")]
    Passing(#[source] sqlx::Error),
    /// Whoever was in the way has put everything back: only the database knows what holds now.
    #[error("a checkpoint was not where it was expected, and then it was")]
    Unsettled,
}

/// What became of the partitions of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// To be let go, since their checkpoints were not where they were expected. `true`: because the generation was
    /// retired, and the current one is to be taken on at once; else somebody else is at work there.
    pub(crate) lost: BTreeMap<Partition, bool>,
    /// A partition of a projection stands now.
    pub(crate) stopped: bool,
}

/// Why one transaction was rolled back.
pub(super) enum Failure {
    Passing(sqlx::Error),
    /// A checkpoint was not where it was expected.
    Lost,
    /// The fault of an event.
    Event(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if failure::passes(&error) {
            Self::Passing(error)
        } else {
            Self::Event(error_chain(&error))
        }
    }
}

impl From<FoldError> for Failure {
    fn from(error: FoldError) -> Self {
        Self::Event(error.to_string())
    }
}

impl<E> ReadModels<E> {
    /// Applies `events`, in order within each partition, and moves each partition's checkpoints to `reached` (index =
    /// partition).
    pub(crate) async fn apply(
        &mut self,
        events: &[Decoded<E>],
        reached: &[Option<Position>],
    ) -> Result<Applied, ApplyError> {
        let mut applied = Applied::default();
        loop {
            // Without the partitions that were lost in the round before.
            let moves = self.moves(events, reached);
            if moves.is_empty() {
                return Ok(applied);
            }
            match self.attempt(&moves, events).await {
                Ok(()) => return Ok(applied),
                Err(Failure::Passing(error)) => return Err(ApplyError::Passing(error)),
                Err(Failure::Lost) => self.mark_lost(&moves, &mut applied).await?,
                Err(Failure::Event(error)) => {
                    tracing::debug!(%error, "a batch failed; applying it in parts");
                    self.apply_in_parts(moves, events, &mut applied).await?;
                    return Ok(applied);
                }
            }
        }
    }

    fn moves(&self, events: &[Decoded<E>], reached: &[Option<Position>]) -> Vec<Move> {
        let mut last: Vec<Option<Tip>> = vec![None; reached.len()];
        for event in events {
            if let Some(last) = last.get_mut(event.recorded.partition.index()) {
                *last = Some(tip(&event.recorded));
            }
        }
        let step = |(index, slot): (usize, &checkpoint::Slot)| {
            let partition = slot.partition.index();
            let to = reached.get(partition).copied().flatten()?;
            let applied = last[partition].filter(|tip| tip.position > slot.position);
            let forward = slot.goes_on() && to > slot.position;
            forward.then_some(Move { slot: index, from: slot.position, to, applied })
        };
        self.slots.iter().enumerate().filter_map(step).collect()
    }

    /// One transaction: the checkpoints first, so that who has lost them learns it before it writes a row.
    pub(super) async fn attempt(
        &mut self,
        moves: &[Move],
        events: &[Decoded<E>],
    ) -> Result<(), Failure> {
        // Folded before the transaction: nobody waits for a lock while we think.
        let writes = self.fold(moves, events)?;
        let mut tx = self.pool.begin().await?;
        if !checkpoint::advance(&mut tx, &self.models, &self.slots, moves).await? {
            tx.rollback().await?;
            return Err(Failure::Lost);
        }
        if writes.iter().any(|write| write.erases) {
            tx.execute(ERASING_TIMEOUT).await?;
        }
        for write in writes {
            let changed = write.query.execute(&mut *tx).await?.rows_affected();
            if let Some(expected) = write.rows_expected
                && changed != expected
            {
                return Err(Failure::Event(format!(
                    "{expected} rows should have changed, {changed} did: a row is missing"
                )));
            }
        }
        tx.commit().await?;
        for step in moves {
            let slot = &mut self.slots[step.slot];
            slot.position = step.to;
            slot.applied = step.applied.or(slot.applied);
        }
        Ok(())
    }

    /// Each projection folds once, over all partitions that move.
    fn fold(&self, moves: &[Move], events: &[Decoded<E>]) -> Result<Vec<Write>, Failure> {
        let mut writes = Vec::new();
        for (index, model) in self.models.iter().enumerate() {
            let ranges = self.ranges(moves, index);
            let takes = |event: &RecordedEvent| {
                let range = ranges.get(event.partition.index()).copied().flatten();
                range.is_some_and(|(from, to)| from < event.position && event.position <= to)
                    && model.projection.reads(event)
            };
            let facts = events
                .iter()
                .filter(|event| takes(&event.recorded))
                .map(fact)
                .collect::<Result<Vec<_>, _>>()?;
            if !facts.is_empty() {
                // A fold has no state of its own that a panic could leave half changed.
                let fold = || model.projection.fold(&facts, model.generation);
                let folded = catch_unwind(AssertUnwindSafe(fold))
                    .map_err(|_| Failure::Event("the projection panicked".to_owned()))?;
                writes.extend(folded?);
            }
        }
        Ok(writes)
    }

    /// From where to where a projection moves in each partition (index = partition).
    fn ranges(&self, moves: &[Move], model: usize) -> Vec<Option<(Position, Position)>> {
        let mut ranges = Vec::new();
        for step in moves {
            let slot = &self.slots[step.slot];
            if slot.model == model {
                let partition = slot.partition.index();
                ranges.resize(ranges.len().max(partition + 1), None);
                ranges[partition] = Some((step.from, step.to));
            }
        }
        ranges
    }
}

fn fact<E>(event: &Decoded<E>) -> Result<Fact<'_, E>, FoldError> {
    let position = event.recorded.position;
    event
        .fact()
        .map_err(|error| FoldError(format!("the event at {position} cannot be read: {error}")))
}

pub(super) fn tip(event: &RecordedEvent) -> Tip {
    Tip { position: event.position, event_id: event.event_id }
}
