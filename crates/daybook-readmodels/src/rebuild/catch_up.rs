//! Catching up: the log from where a generation stands, page by page, rows and checkpoints in one transaction. Stopped
//! anywhere it goes on from there.

use daybook_core::event::EventPayload;
use daybook_core::ids::Position;
use daybook_eventlog::{Page, Replay};
use daybook_keys::KeyStore;
use sqlx::PgConnection;

use super::build::{Build, Frontier};
use super::{RebuildError, Rebuilder, generations};
use crate::decoded::{Reading, decode};

/// Events in one transaction: as many as a projector takes.
const PAGE_EVENTS: u32 = 2000;

/// Events that may be left for the swap: few enough to be applied while projectors wait.
const NEAR_EVENTS: i64 = 1000;

/// Rounds of catching up before a swap is tried with whatever is left. Each is shorter than the one before, unless events
/// come faster than they can be applied.
const ROUNDS_MAX: u32 = 50;

/// What a generation catches up with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// The log.
    Head,
    /// The live generation, and no further.
    Live,
}

impl Rebuilder {
    /// Brings a generation near to `target`, which moves on meanwhile.
    pub(super) async fn catch_up<E: EventPayload>(
        &self,
        build: &Build<E>,
        frontier: &mut Frontier,
        target: Target,
    ) -> Result<(), RebuildError> {
        for _ in 0..ROUNDS_MAX {
            let to = match target {
                Target::Head => vec![self.log.head().await?.position; frontier.0.len()],
                Target::Live => self.comparable(build).await?,
            };
            let before = frontier.highest();
            self.advance(build, frontier, &to).await?;
            if frontier.highest().get() - before.get() <= NEAR_EVENTS {
                break;
            }
        }
        Ok(())
    }

    /// Applies everything up to `to` (index = partition), a transaction a page.
    async fn advance<E: EventPayload>(
        &self,
        build: &Build<E>,
        frontier: &mut Frontier,
        to: &[Position],
    ) -> Result<(), RebuildError> {
        let Some(mut replay) = self.rest(frontier, to) else { return Ok(()) };
        while let Some(page) = replay.next_page().await? {
            let mut tx = self.read.begin().await?;
            let keys = self.keys.as_ref();
            let next = apply(&mut tx, build, keys, frontier, to, &page).await?;
            tx.commit().await?;
            *frontier = next;
        }
        Ok(())
    }

    /// The same within somebody's transaction; gives where the generation then is.
    pub(super) async fn advance_within<E: EventPayload>(
        &self,
        connection: &mut PgConnection,
        build: &Build<E>,
        frontier: &Frontier,
        to: &[Position],
    ) -> Result<Frontier, RebuildError> {
        let mut reached = frontier.clone();
        let Some(mut replay) = self.rest(frontier, to) else { return Ok(reached) };
        while let Some(page) = replay.next_page().await? {
            let keys = self.keys.as_ref();
            reached = apply(connection, build, keys, &reached, to, &page).await?;
        }
        Ok(reached)
    }

    /// What is missing between a frontier and `to`, from the lowest position that lacks something.
    fn rest(&self, frontier: &Frontier, to: &[Position]) -> Option<Replay> {
        let behind = frontier.0.iter().zip(to).filter(|(reached, to)| reached.position < **to);
        let (mut from, mut until) = (None, Position::ZERO);
        for (reached, to) in behind {
            from = Some(from.map_or(reached.position, |from: Position| from.min(reached.position)));
            until = until.max(*to);
        }
        Some(self.log.replay().after(from?).up_to(until).page_events(PAGE_EVENTS))
    }
}

/// One page: the checkpoints first, by compare-and-set, then the rows.
async fn apply<E: EventPayload>(
    connection: &mut PgConnection,
    build: &Build<E>,
    keys: Option<&KeyStore>,
    frontier: &Frontier,
    to: &[Position],
    page: &Page,
) -> Result<Frontier, RebuildError> {
    let mut next = frontier.clone();
    let mut due: Vec<_> = page.events.iter().filter(|event| frontier.is_due(event, to)).collect();
    due.iter().for_each(|event| next.note(event));
    due.retain(|event| build.takes(event));
    next.move_to(page.reached, to);
    generations::move_reached(connection, build, frontier, &next).await?;
    let mut changes = build.projection.changes();
    let reading = Reading::of([build.projection.as_ref()], keys);
    for event in decode(due, reading).await? {
        if build.may_leave_out(event.recorded) {
            build.write(connection, changes.take(), event.recorded.position).await?;
            build.apply_permitted(connection, &event).await?;
        } else {
            build.fold(changes.as_mut(), &event)?;
        }
    }
    build.write(connection, changes.take(), page.reached.next()).await?;
    Ok(next)
}
