//! Applying what is left of a batch after something in it failed: who was lost is marked, and an event that cannot be
//! applied is found. Where an operator has permitted it, the event is left out; else only its partition of that projection
//! stands.

use daybook_core::event::RecordedEvent;
use daybook_core::partition::Partition;
use daybook_eventlog::Tip;

use super::ReadModels;
use super::apply::{self, Applied, ApplyError, Failure};
use crate::checkpoint::{self, Move, Standing, Stop, StopCause};
use crate::decoded::Decoded;
use crate::skips::Skips;

impl<E> ReadModels<E> {
    /// Partition by partition of each projection; where one fails, event by event.
    pub(super) async fn apply_in_parts(
        &mut self,
        moves: Vec<Move>,
        events: &[Decoded<E>],
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        for step in moves {
            // Another projection may have lost the partition meanwhile.
            if !self.slots[step.slot].goes_on() {
                continue;
            }
            match self.attempt(&[step], events).await {
                Ok(()) => {}
                Err(Failure::Passing(error)) => return Err(ApplyError::Passing(error)),
                Err(Failure::Lost) => self.mark_lost(&[step], applied).await?,
                Err(Failure::Event(_)) => self.apply_one_by_one(step, events, applied).await?,
            }
        }
        Ok(())
    }

    async fn apply_one_by_one(
        &mut self,
        whole: Move,
        events: &[Decoded<E>],
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        let partition = self.slots[whole.slot].partition;
        let of_move = |event: &&Decoded<E>| {
            let event = &event.recorded;
            event.partition == partition
                && whole.from < event.position
                && event.position <= whole.to
        };
        for event in events.iter().filter(of_move) {
            let tip = apply::tip(&event.recorded);
            let from = self.slots[whole.slot].position;
            let step = Move { from, to: tip.position, applied: Some(tip), ..whole };
            let mut tried = self.attempt(&[step], events).await;
            if let Err(Failure::Event(error)) = &tried
                && self.may_leave_out(whole.slot, &event.recorded)
            {
                tracing::warn!(
                    projection.name = self.models[self.slots[whole.slot].model].name(),
                    event.position = %tip.position,
                    error,
                    "left out an event that cannot be applied, as an operator permitted"
                );
                // The step goes over this event alone.
                tried = self.attempt(&[step], &[]).await;
            }
            match tried {
                Ok(()) => {}
                Err(Failure::Passing(error)) => return Err(ApplyError::Passing(error)),
                Err(Failure::Lost) => return self.mark_lost(&[step], applied).await,
                Err(Failure::Event(error)) => {
                    return self.stop(whole.slot, tip, &error, applied).await;
                }
            }
        }
        Ok(())
    }

    fn may_leave_out(&self, slot: usize, event: &RecordedEvent) -> bool {
        let skips = self.skips.get(self.models[self.slots[slot].model].name());
        skips.is_some_and(|skips| skips.permits(event.partition, event.position))
    }

    /// Records that a projection cannot apply the event at `tip`, and stands before it.
    async fn stop(
        &mut self,
        slot: usize,
        tip: Tip,
        error: &str,
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
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
        let decided = self.skips.get(model.name()).map(Skips::version).unwrap_or_default();
        let stop = Stop { cause: StopCause::Poison, at: Some(tip), error, decided };
        if checkpoint::stop(&self.pool, model, slot, &stop).await.map_err(ApplyError::Passing)? {
            slot.standing = Standing::Stands { event: Some(tip.position), decided };
            applied.stopped = true;
        } else {
            slot.standing = Standing::Lost;
            applied.lost.entry(slot.partition).or_insert(false);
        }
        Ok(())
    }

    /// Finds out which of `moves` were lost, and marks them.
    pub(super) async fn mark_lost(
        &mut self,
        moves: &[Move],
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        let partitions: Vec<Partition> =
            moves.iter().map(|step| self.slots[step.slot].partition).collect();
        let stored = checkpoint::read(&self.pool, &self.models, partitions)
            .await
            .map_err(ApplyError::Passing)?;
        let mut found = false;
        for step in moves {
            let slot = &mut self.slots[step.slot];
            let same =
                |s: &&checkpoint::Slot| s.model == slot.model && s.partition == slot.partition;
            let standing = match stored.iter().find(same) {
                Some(stored) if stored.position == step.from => stored.standing,
                Some(checkpoint::Slot { standing: Standing::Retired, .. }) => Standing::Retired,
                _ => Standing::Lost,
            };
            if standing == Standing::GoesOn {
                continue;
            }
            found = true;
            slot.standing = Standing::Lost;
            let retired = standing == Standing::Retired;
            let at_once = applied.lost.entry(slot.partition).or_insert(retired);
            *at_once &= retired;
            tracing::warn!(
                projection.name = self.models[slot.model].name(),
                partition = %slot.partition,
                checkpoint = %slot.position,
                retired,
                "lost a partition: its checkpoint was moved or retired by somebody else"
            );
        }
        if found { Ok(()) } else { Err(ApplyError::Unsettled) }
    }
}
