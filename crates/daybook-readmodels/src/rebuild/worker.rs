//! A worker: folds the events of its partitions in memory, for all builds, and writes rows with COPY.
//!
//! Row changes pile up for as long as memory allows, so that most rows are written once, in their last state. What no
//! later event changes (an entry, a transfer that was executed) does not wait: it goes out some megabytes at a time, so
//! that the pile depends on what goes on at a time and not on the length of the log. Where the pile gets too large all the
//! same its largest part is written, and what later events change about rows that were written is an update by key, as it
//! is live. So memory is bounded whatever the number of accounts, and with enough of it there is no update at all.

use std::sync::Arc;

use daybook_core::event::{EventPayload, RecordedEvent};
use daybook_core::ids::Position;
use daybook_keys::KeyStore;
use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;

use super::RebuildError;
use super::build::Build;
use super::fill::Limits;
use crate::decoded::{Reading, decode};
use crate::projection::{Changes, Generation, RowChange, RowChanges};
use crate::rows::Rows;

/// What is final is written when there may be so much of it: large against what a COPY costs by itself.
const FINAL_BYTES: usize = 8 * 1024 * 1024;

/// But this part of a worker's memory at most, where it has little.
const FINAL_SHARE: usize = 8;

/// What of a COPY is handed to the connection at once, which keeps a buffer as large as that.
const COPY_BYTES: usize = 256 * 1024;

pub(super) struct Worker<E> {
    /// Its own: dropped in the middle of a COPY, it is closed, and the server lets go of the table.
    connection: PgConnection,
    read: PgPool,
    keys: Option<KeyStore>,
    piles: Vec<Pile<E>>,
    memory_bytes: usize,
    /// A pile is looked through for what is final when it has grown by this.
    final_bytes: usize,
    /// Read up to here.
    position: Position,
}

/// Row changes of one build.
struct Pile<E> {
    build: Arc<Build<E>>,
    /// Index = partition.
    limits: Vec<Position>,
    changes: Box<dyn Changes<E>>,
    /// From so many bytes on it is looked through for what is final.
    look_at_bytes: usize,
    /// Rows of these partitions are in the table already.
    written: bool,
}

impl<E: EventPayload> Worker<E> {
    pub(super) fn new(
        connection: PgConnection,
        read: PgPool,
        keys: Option<KeyStore>,
        builds: &[Arc<Build<E>>],
        limits: &Limits,
        memory_bytes: usize,
    ) -> Self {
        let final_bytes = FINAL_BYTES.min(memory_bytes / FINAL_SHARE);
        let pile = |(build, limits): (&Arc<Build<E>>, &Vec<Position>)| Pile {
            build: Arc::clone(build),
            limits: limits.clone(),
            changes: build.projection.changes(),
            look_at_bytes: final_bytes,
            written: false,
        };
        let piles = builds.iter().zip(limits).map(pile).collect();
        let position = Position::ZERO;
        Self { connection, read, keys, piles, memory_bytes, final_bytes, position }
    }

    /// Until there are no more events; then everything is in the tables.
    pub(super) async fn run(
        mut self,
        mut lane: mpsc::Receiver<Vec<RecordedEvent>>,
    ) -> Result<(), RebuildError> {
        while let Some(events) = lane.recv().await {
            self.fold(&events).await?;
            self.make_room().await?;
        }
        for pile in &mut self.piles {
            let changes = pile.changes.take();
            pile.write(changes, &mut self.connection, &self.read, self.position).await?;
        }
        Ok(())
    }

    async fn fold(&mut self, events: &[RecordedEvent]) -> Result<(), RebuildError> {
        // What nobody takes is not even read.
        let piles = &self.piles;
        let is_taken = |event: &&RecordedEvent| piles.iter().any(|pile| pile.takes(event));
        let taken = events.iter().filter(is_taken).collect();
        let projections = piles.iter().map(|pile| pile.build.projection.as_ref());
        let reading = Reading::of(projections, self.keys.as_ref());
        for event in decode(taken, reading).await? {
            for pile in self.piles.iter_mut().filter(|pile| pile.takes(event.recorded)) {
                if pile.build.may_leave_out(event.recorded) {
                    let (changes, before) = (pile.changes.take(), event.recorded.position);
                    pile.write(changes, &mut self.connection, &self.read, before).await?;
                    pile.build.make_key(&self.read).await?;
                    pile.build.apply_permitted(&mut self.connection, &event).await?;
                    pile.written = true;
                } else {
                    pile.build.fold(pile.changes.as_mut(), &event)?;
                }
            }
        }
        self.position = events.last().map_or(self.position, |event| event.position);
        Ok(())
    }

    async fn make_room(&mut self) -> Result<(), RebuildError> {
        for pile in &mut self.piles {
            if pile.changes.bytes() < pile.look_at_bytes {
                continue;
            }
            let changes = pile.changes.take_final();
            pile.write(changes, &mut self.connection, &self.read, self.position).await?;
            // What is left is looked through again when there is twice as much: each change a few times at most.
            pile.look_at_bytes = 2 * pile.changes.bytes() + self.final_bytes;
        }
        while self.piles.iter().map(|pile| pile.changes.bytes()).sum::<usize>() > self.memory_bytes
        {
            let Some(largest) = self.piles.iter_mut().max_by_key(|pile| pile.changes.bytes())
            else {
                break;
            };
            let changes = largest.changes.take();
            largest.write(changes, &mut self.connection, &self.read, self.position).await?;
        }
        Ok(())
    }
}

impl<E> Pile<E> {
    fn takes(&self, event: &RecordedEvent) -> bool {
        let limit = self.limits.get(event.partition.index());
        limit.is_some_and(|limit| event.position <= *limit) && self.build.takes(event)
    }

    /// Each change is a transaction of its own: nobody sees these tables yet, and a filling that fails starts anew.
    async fn write(
        &mut self,
        changes: RowChanges,
        connection: &mut PgConnection,
        read: &PgPool,
        position: Position,
    ) -> Result<(), RebuildError> {
        let (generation, mut wrote) = (self.build.generation, false);
        for change in changes {
            let (expected, changed) = match change {
                RowChange::Insert(rows) => copy(connection, generation, &rows).await?,
                // Rows belong to one partition, and the partition to this worker: nobody else can have written them.
                RowChange::Upsert(rows, _) if !self.written => {
                    copy(connection, generation, &rows).await?
                }
                change => {
                    // What erases goes through the whole table once, and finds its way without.
                    if !matches!(change, RowChange::Erase(..)) {
                        self.build.make_key(read).await?;
                    }
                    let write = change.statement(generation);
                    let changed = write.query.execute(&mut *connection).await?.rows_affected();
                    (write.rows_expected.unwrap_or(changed), changed)
                }
            };
            if expected != changed {
                let (projection, before) = (self.build.name(), position.next());
                return Err(RebuildError::RowMissing { projection, expected, changed, before });
            }
            wrote = true;
        }
        self.written |= wrote;
        Ok(())
    }
}

/// How many rows there were, and how many are in the table now.
async fn copy(
    connection: &mut PgConnection,
    generation: Generation,
    rows: &Rows,
) -> Result<(u64, u64), RebuildError> {
    let mut copy = connection.copy_in_raw(&rows.copy_sql(generation)).await?;
    for part in rows.copy_data().into_iter().flat_map(|data| data.chunks(COPY_BYTES)) {
        copy.send(part).await?;
    }
    let copied = copy.finish().await?;
    Ok((u64::try_from(rows.len()).unwrap_or(u64::MAX), copied))
}
