//! Applying a batch: all of it in one transaction, or, where an event cannot be applied, all but what that event stops.

use std::panic::{AssertUnwindSafe, catch_unwind};

use daybook_core::event::{DecodeError, EventPayload, RecordedEvent};
use daybook_core::ids::Position;
use daybook_core::metadata::Metadata;
use daybook_eventlog::Tip;
use daybook_runtime::telemetry::error_chain;

use super::ReadModels;
use crate::checkpoint::{self, Move, StopCause};
use crate::failure;
use crate::projection::{Fact, FoldError, Write};

/// An event whose payload and metadata were read, once for all projections. One that cannot be read is an error of each
/// projection that comes to it.
pub(crate) struct Decoded<E> {
    recorded: RecordedEvent,
    content: Result<(Metadata, E), DecodeError>,
}

impl<E: EventPayload> Decoded<E> {
    pub(crate) fn new(recorded: RecordedEvent) -> Self {
        let content =
            recorded.parse_metadata().and_then(|metadata| Ok((metadata, recorded.decode::<E>()?)));
        Self { recorded, content }
    }
}

impl<E> Decoded<E> {
    fn tip(&self) -> Tip {
        Tip { position: self.recorded.position, event_id: self.recorded.event_id }
    }

    fn fact(&self) -> Result<Fact<'_, E>, FoldError> {
        match &self.content {
            Ok((metadata, payload)) => Ok(Fact { recorded: &self.recorded, metadata, payload }),
            Err(error) => {
                let position = self.recorded.position;
                Err(FoldError(format!(
                    "the event at {position} cannot be read: {}",
                    error_chain(error)
                )))
            }
        }
    }
}

/// Why a batch was not applied as it came. After any of these the read models are opened anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// A checkpoint was not where it was expected.
    #[error("a partition belongs to another projector now, or its generation was retired")]
    Lost,
    /// A partition of a projection stands now; the rest of the batch was applied.
    #[error("a partition of a projection was stopped")]
    Stopped,
    /// Something that may pass; whether the transaction went in is unknown.
    #[error("failed to write the read models")]
    Passing(#[source] sqlx::Error),
}

/// Why one transaction was rolled back.
enum Failure {
    Apply(ApplyError),
    /// The fault of an event.
    Event(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if failure::passes(&error) {
            Self::Apply(ApplyError::Passing(error))
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
    ) -> Result<(), ApplyError> {
        let moves = self.moves(events, reached);
        if moves.is_empty() {
            return Ok(());
        }
        match self.attempt(&moves, events).await {
            Ok(()) => Ok(()),
            Err(Failure::Apply(error)) => Err(error),
            Err(Failure::Event(error)) => {
                tracing::debug!(%error, "a batch failed; applying it in parts");
                self.apply_in_parts(moves, events).await
            }
        }
    }

    fn moves(&self, events: &[Decoded<E>], reached: &[Option<Position>]) -> Vec<Move> {
        let mut last: Vec<Option<Tip>> = vec![None; reached.len()];
        for event in events {
            if let Some(last) = last.get_mut(event.recorded.partition.index()) {
                *last = Some(event.tip());
            }
        }
        let step = |(index, slot): (usize, &checkpoint::Slot)| {
            let partition = slot.partition.index();
            let to = reached.get(partition).copied().flatten()?;
            let applied = last[partition].filter(|tip| tip.position > slot.position);
            let forward = !slot.stopped && to > slot.position;
            forward.then_some(Move { slot: index, from: slot.position, to, applied })
        };
        self.slots.iter().enumerate().filter_map(step).collect()
    }

    /// One transaction: the checkpoints first, so that who has lost them learns it before it writes a row.
    async fn attempt(&mut self, moves: &[Move], events: &[Decoded<E>]) -> Result<(), Failure> {
        // Folded before the transaction: nobody waits for a lock while we think.
        let writes = self.fold(moves, events)?;
        let mut tx = self.pool.begin().await?;
        if !checkpoint::advance(&mut tx, &self.models, &self.slots, moves).await? {
            return Err(Failure::Apply(ApplyError::Lost));
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
            };
            let facts = events
                .iter()
                .filter(|event| takes(&event.recorded))
                .map(Decoded::fact)
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

    /// Partition by partition of each projection; where one fails, event by event.
    async fn apply_in_parts(
        &mut self,
        moves: Vec<Move>,
        events: &[Decoded<E>],
    ) -> Result<(), ApplyError> {
        for step in moves {
            match self.attempt(&[step], events).await {
                Ok(()) => {}
                Err(Failure::Apply(error)) => return Err(error),
                Err(Failure::Event(_)) => self.apply_one_by_one(step, events).await?,
            }
        }
        // Opened anew, so that what stands is known everywhere.
        Err(ApplyError::Stopped)
    }

    async fn apply_one_by_one(
        &mut self,
        whole: Move,
        events: &[Decoded<E>],
    ) -> Result<(), ApplyError> {
        let partition = self.slots[whole.slot].partition;
        let of_move = |event: &&Decoded<E>| {
            let event = &event.recorded;
            event.partition == partition
                && whole.from < event.position
                && event.position <= whole.to
        };
        for event in events.iter().filter(of_move) {
            let tip = event.tip();
            let from = self.slots[whole.slot].position;
            let step = Move { from, to: tip.position, applied: Some(tip), ..whole };
            match self.attempt(&[step], events).await {
                Ok(()) => {}
                Err(Failure::Apply(error)) => return Err(error),
                Err(Failure::Event(error)) => return self.stop(whole.slot, tip, &error).await,
            }
        }
        Ok(())
    }

    /// Records that a projection cannot apply the event at `tip`, and stands before it.
    async fn stop(&mut self, slot: usize, tip: Tip, error: &str) -> Result<(), ApplyError> {
        let slot = &mut self.slots[slot];
        let model = &self.models[slot.model];
        tracing::error!(
            projection.name = model.name(),
            partition = %slot.partition,
            event.position = %tip.position,
            event.id = %tip.event_id,
            error,
            "stopped a partition of a projection: it cannot apply an event"
        );
        slot.stopped = true;
        checkpoint::stop(&self.pool, model, slot, StopCause::Poison, Some(tip), error)
            .await
            .map_err(ApplyError::Passing)?
            .then_some(())
            .ok_or(ApplyError::Lost)
    }
}
