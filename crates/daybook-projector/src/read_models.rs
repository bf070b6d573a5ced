//! The open read models: which projections there are, how far each partition of each is, and applying events to them.
//!
//! One batch is one transaction over all projections and partitions: it moves all checkpoints by compare-and-set first,
//! then writes the rows. Where that fails because of an event, the batch is applied again in ever smaller parts, until
//! the partition of the projection that fails stands right before the event that it fails on, and everything else has
//! gone on. Delivery is at least once; a second time is recognised because the position is not above the checkpoint.

mod apply;

use std::sync::Arc;

use daybook_core::ids::Position;
use sqlx::PgPool;

pub(crate) use apply::{ApplyError, Decoded};

use crate::checkpoint::{self, Model, OpenError, Slot, StopCause};
use crate::projection::Projection;

/// The open read models. Thrown away with any failure, and opened anew from what the database says.
pub(crate) struct ReadModels<E> {
    pool: PgPool,
    models: Vec<Model<E>>,
    slots: Vec<Slot>,
}

impl<E> ReadModels<E> {
    /// Opens the current generation of each projection, but for those that another version of their code filled.
    pub(crate) async fn open(
        pool: PgPool,
        projections: &[Arc<dyn Projection<E>>],
        partition_count: u16,
    ) -> Result<Self, OpenError> {
        let (mut models, mut slots) = (Vec::new(), Vec::new());
        for projection in projections {
            match checkpoint::open(&pool, projection, models.len(), partition_count).await {
                Ok((model, its_slots)) => {
                    models.push(model);
                    slots.extend(its_slots);
                }
                // Its rows are another version's to fill; the others have nothing to do with that.
                Err(error @ OpenError::Version { .. }) => {
                    tracing::error!(projection.name = projection.name(), "{error}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self { pool, models, slots })
    }

    /// Those that go on.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| !slot.stopped)
    }

    /// For each partition the lowest checkpoint of a projection that goes on there; `None` where none does.
    pub(crate) fn frontiers(&self, partition_count: u16) -> Vec<Option<Position>> {
        let mut frontiers = vec![None; usize::from(partition_count)];
        for slot in self.active() {
            if let Some(frontier) = frontiers.get_mut(slot.partition.index()) {
                let lowest = frontier.map_or(slot.position, |p: Position| p.min(slot.position));
                *frontier = Some(lowest);
            }
        }
        frontiers
    }

    /// Stops all that go on and are ahead of `position`: their rows were folded from a history that the log no longer
    /// has.
    pub(crate) async fn stop_ahead_of(&mut self, position: Position) -> Result<(), sqlx::Error> {
        for slot in self.slots.iter_mut().filter(|slot| !slot.stopped && slot.position > position) {
            let model = &self.models[slot.model];
            let error = "the read model is ahead of the log, which was restored; rebuild it";
            checkpoint::stop(&self.pool, model, slot, StopCause::History, slot.applied, error)
                .await?;
            slot.stopped = true;
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
