//! The open read models: which projections there are, how far each partition of each is, and applying events to them.
//!
//! One batch is one transaction over all projections and partitions: it moves all checkpoints by compare-and-set first,
//! then writes the rows. Where that fails because of an event, the batch is applied again in ever smaller parts, until
//! the partition of the projection that fails stands right before the event that it fails on, and everything else has
//! gone on. Where it fails because a partition is somebody else's, that partition is let go and the others go on.
//! Delivery is at least once; a second time is recognised because the position is not above the checkpoint.

mod apply;
mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_core::projection::EventPlace;
use daybook_eventlog::{LogReader, Tip};
use sqlx::PgPool;

pub(crate) use apply::{ApplyError, ERASING_TIMEOUT};

use crate::checkpoint::{self, Model, OpenError, Slot, Standing, Stop, StopCause};
use crate::projection::{Generation, Projection};
use crate::skips::{Skips, SkipsError};

/// The open read models, in the partitions that are worked on. What is known of a partition is thrown away when it is
/// let go, and all of it with any failure; what is opened is as the database says.
pub(crate) struct ReadModels<E> {
    pool: PgPool,
    projections: Vec<Arc<dyn Projection<E>>>,
    partition_count: u16,
    /// Those that have a slot. There are two of one projection while its partitions pass from one generation to the next.
    models: Vec<Model<E>>,
    slots: Vec<Slot>,
    /// By projection.
    skips: BTreeMap<&'static str, Skips>,
}

impl<E> ReadModels<E> {
    /// Knows what is to be passed over, and works on no partition yet.
    pub(crate) async fn open(
        pool: PgPool,
        projections: &[Arc<dyn Projection<E>>],
        partition_count: u16,
        log: &LogReader,
    ) -> Result<Self, SkipsError> {
        let mut skips = BTreeMap::new();
        for projection in projections {
            skips.insert(projection.name(), Skips::load(log, projection.name()).await?);
        }
        let (projections, models, slots) = (projections.to_vec(), Vec::new(), Vec::new());
        Ok(Self { pool, projections, partition_count, models, slots, skips })
    }

    /// Takes on partitions, in the current generation of each projection. What stands in those of `resume` gets another
    /// try.
    pub(crate) async fn add(
        &mut self,
        partitions: &BTreeSet<Partition>,
        resume: &BTreeSet<Partition>,
    ) -> Result<(), OpenError> {
        let current = checkpoint::current_models(&self.pool, &self.projections).await?;
        checkpoint::make(&self.pool, &current, self.partition_count).await?;
        let standing: Vec<_> = current
            .iter()
            .flat_map(|model| resume.iter().map(move |partition| (model, *partition)))
            .collect();
        if !standing.is_empty() {
            checkpoint::resume(&self.pool, &standing).await?;
        }
        let mut slots = checkpoint::read(&self.pool, &current, partitions.iter().copied()).await?;
        self.remove(partitions);
        let places: Vec<usize> = current.into_iter().map(|model| self.place_of(model)).collect();
        for slot in &mut slots {
            slot.model = places[slot.model];
        }
        self.slots.extend(slots);
        Ok(())
    }

    /// Where a model stands in the list.
    fn place_of(&mut self, model: Model<E>) -> usize {
        let same =
            |known: &Model<E>| known.name() == model.name() && known.generation == model.generation;
        self.models.iter().position(same).unwrap_or_else(|| {
            self.models.push(model);
            self.models.len() - 1
        })
    }

    /// Lets partitions go, with all that is known of them.
    pub(crate) fn remove(&mut self, partitions: &BTreeSet<Partition>) {
        self.slots.retain(|slot| !partitions.contains(&slot.partition));
        if self.slots.is_empty() {
            // Generations that were retired go when nothing refers to the list any more.
            self.models.clear();
        }
    }

    /// Those that go on.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.goes_on())
    }

    /// The lowest checkpoint of a projection that goes on in a partition; `None` where none does.
    pub(crate) fn frontier(&self, partition: Partition) -> Option<Position> {
        self.active().filter(|slot| slot.partition == partition).map(|slot| slot.position).min()
    }

    /// The last event that was applied in any partition that goes on.
    pub(crate) fn last_applied(&self) -> Option<Tip> {
        self.active().filter_map(|slot| slot.applied).max_by_key(|tip| tip.position)
    }

    /// Which of the partitions that are worked on are not in the current generation of every projection. Who goes on in a
    /// partition learns it from the retired checkpoint; where all of a projection stands, or another version had filled it,
    /// or it was taken on while a rebuild swapped, nobody would.
    pub(crate) async fn superseded(
        &self,
        held: &BTreeSet<Partition>,
    ) -> Result<BTreeSet<Partition>, sqlx::Error> {
        let current = checkpoint::current_generations(&self.pool, &self.projections).await?;
        Ok(superseded(&current, &self.models, &self.slots, held))
    }

    /// Whether a partition of a projection stands.
    pub(crate) fn anything_stands(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.standing, Standing::Stands { .. }))
    }

    /// Looks what operators have decided lately.
    pub(crate) async fn refresh_skips(&mut self, log: &LogReader) -> Result<(), SkipsError> {
        for skips in self.skips.values_mut() {
            skips.refresh(log).await?;
        }
        Ok(())
    }

    /// Gives what stands at an event that an operator has decided on since another try. Gives the partitions; they are to
    /// be taken on anew.
    pub(crate) async fn resume_decided(&mut self) -> Result<BTreeSet<Partition>, sqlx::Error> {
        let decided: Vec<_> = self
            .slots
            .iter()
            .filter(|slot| self.is_decided(slot))
            .map(|slot| (&self.models[slot.model], slot.partition))
            .collect();
        if decided.is_empty() {
            return Ok(BTreeSet::new());
        }
        for (model, partition) in &decided {
            tracing::info!(projection.name = model.name(), %partition, "an operator decided; trying again");
        }
        checkpoint::resume(&self.pool, &decided).await?;
        Ok(decided.into_iter().map(|(_, partition)| partition).collect())
    }

    fn is_decided(&self, slot: &Slot) -> bool {
        let Standing::Stands { event: Some(position), decided } = slot.standing else {
            return false;
        };
        let event = EventPlace { partition: slot.partition, position };
        let skips = self.skips.get(self.models[slot.model].name());
        skips.is_some_and(|skips| skips.decided_after(event, decided))
    }

    /// Stops all that go on and are ahead of `position`: their rows were folded from a history that the log no longer
    /// has.
    pub(crate) async fn stop_ahead_of(&mut self, position: Position) -> Result<(), sqlx::Error> {
        for slot in self.slots.iter_mut().filter(|slot| slot.goes_on() && slot.position > position)
        {
            let model = &self.models[slot.model];
            let error = "the read model is ahead of the log, which was restored; rebuild it";
            let decided = self.skips.get(model.name()).map(Skips::version).unwrap_or_default();
            let stop = Stop { cause: StopCause::History, at: slot.applied, error, decided };
            checkpoint::stop(&self.pool, model, slot, &stop).await?;
            slot.standing =
                Standing::Stands { event: slot.applied.map(|tip| tip.position), decided };
            tracing::error!(
                projection.name = model.name(),
                partition = %slot.partition,
                checkpoint = %slot.position,
                log.position = %position,
                "{error}"
            );
        }
        Ok(())
    }
}

/// Partition by partition: that others are in the current generation says nothing of those that are not.
fn superseded<E>(
    current: &[(&'static str, Generation)],
    models: &[Model<E>],
    slots: &[Slot],
    held: &BTreeSet<Partition>,
) -> BTreeSet<Partition> {
    let open: BTreeSet<_> = slots
        .iter()
        .filter(|slot| slot.standing != Standing::Retired)
        .map(|slot| (models[slot.model].name(), models[slot.model].generation, slot.partition))
        .collect();
    let is_open = |partition| {
        current.iter().all(|(name, generation)| open.contains(&(*name, *generation, partition)))
    };
    held.iter().copied().filter(|partition| !is_open(*partition)).collect()
}

#[cfg(test)]
mod tests;
