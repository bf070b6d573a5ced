//! One generation that is being built, and how far it is.

use std::sync::Arc;

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Tip;
use futures::future::try_join_all;
use sqlx::{AssertSqlSafe, Executor as _, PgPool};
use tokio::sync::{OnceCell, Semaphore};

use super::RebuildError;
use crate::decoded::Decoded;
use crate::projection::{Changes, FoldError, Generation, NoWords, Projection};
use crate::skips::Skips;
use crate::tables::Tables;

/// One generation that is being built.
pub(super) struct Build<E> {
    pub(super) projection: Arc<dyn Projection<E>>,
    pub(super) generation: Generation,
    /// What was current when it began.
    pub(super) live: Generation,
    /// Its rows are the fold of the log after this position.
    pub(super) after: Position,
    /// What operators had permitted to be left out by then.
    pub(super) skips: Skips,
    /// Only these partitions are filled; `None`: all. One that is not filled whole can be compared and never swapped in.
    pub(super) partitions: Option<Vec<Partition>>,
    key: OnceCell<()>,
}

/// How far it is in each partition (index = partition).
#[derive(Debug, Clone)]
pub(super) struct Frontier(pub(super) Vec<Reached>);

/// How far it is in one partition.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reached {
    pub(super) position: Position,
    /// The last event really applied.
    pub(super) applied: Option<Tip>,
}

impl<E> Build<E> {
    pub(super) fn new(
        projection: Arc<dyn Projection<E>>,
        generation: Generation,
        live: Generation,
        after: Position,
        skips: Skips,
    ) -> Self {
        let (partitions, key) = (None, OnceCell::new());
        Self { projection, generation, live, after, skips, partitions, key }
    }

    /// Positions (index = partition) where they are to be filled up to, and zero elsewhere.
    pub(super) fn mask(&self, mut positions: Vec<Position>) -> Vec<Position> {
        if let Some(filled) = &self.partitions {
            for (partition, position) in (0..).map(Partition).zip(&mut positions) {
                if !filled.contains(&partition) {
                    *position = Position::ZERO;
                }
            }
        }
        positions
    }

    pub(super) fn name(&self) -> &'static str {
        self.projection.name()
    }

    pub(super) fn tables(&self) -> Tables {
        Tables::of(self.projection.tables())
    }

    /// Whether the event is to be folded into it; which positions are due is for others to say.
    pub(super) fn takes(&self, event: &RecordedEvent) -> bool {
        event.position > self.after && self.projection.reads(event)
    }

    /// Makes the primary keys, once, by whoever needs them first: at the end, or where a row that was written has to be
    /// found again.
    pub(super) async fn make_key(&self, read: &PgPool) -> Result<(), RebuildError> {
        let make = async || {
            // Safe: the template is ours and the generation a number.
            read.execute(sqlx::raw_sql(AssertSqlSafe(self.tables().key(self.generation)))).await
        };
        self.key.get_or_try_init(async || make().await.map(drop)).await?;
        Ok(())
    }

    /// Keys, indexes, and statistics, without which the first queries would be planned for empty tables. What other builds
    /// need takes `turns` too: no more statements are at work than the machine has cores, and none waits while one idles.
    pub(super) async fn finish_tables(
        &self,
        read: &PgPool,
        turns: &Semaphore,
    ) -> Result<(), RebuildError> {
        let turn = async || turns.acquire().await.expect("nobody closes it");
        let make = async |statement| {
            let _turn = turn().await;
            // Safe: the templates are ours and the generation a number.
            read.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await
        };
        {
            let _turn = turn().await;
            self.make_key(read).await?;
        }
        try_join_all(self.tables().indexes(self.generation).into_iter().map(make)).await?;
        make(self.tables().look_after(self.generation)).await?;
        for table in self.tables().names(self.generation) {
            make(format!("ANALYZE {table}")).await?;
        }
        Ok(())
    }

    /// Folds an event into row changes of this build.
    pub(super) fn fold(
        &self,
        changes: &mut dyn Changes<E>,
        event: &Decoded<E, &RecordedEvent>,
    ) -> Result<(), RebuildError> {
        let (projection, position) = (self.name(), event.recorded.position);
        let fault = |source| RebuildError::Event { projection, position, source };
        match event.fact() {
            Ok(fact) => changes.apply(fact).map_err(|source| match fact.words {
                Err(no_words @ NoWords::NoKeyStore) if source == no_words.into() => {
                    RebuildError::NoKeyStore { position }
                }
                _ => fault(source),
            }),
            Err(error) => Err(fault(FoldError(format!("it cannot be read: {error}")))),
        }
    }
}

impl Frontier {
    /// At the same position everywhere, with nothing applied.
    pub(super) fn at(position: Position, partition_count: u16) -> Self {
        let reached = Reached { position, applied: None };
        Self(vec![reached; usize::from(partition_count)])
    }

    /// The position of the partition that is furthest.
    pub(super) fn highest(&self) -> Position {
        self.0.iter().map(|reached| reached.position).max().unwrap_or_default()
    }

    /// Whether the event is beyond what is applied and not beyond `to` (index = partition).
    pub(super) fn is_due(&self, event: &RecordedEvent, to: &[Position]) -> bool {
        let partition = event.partition.index();
        self.0.get(partition).is_some_and(|reached| reached.position < event.position)
            && to.get(partition).is_some_and(|to| event.position <= *to)
    }

    /// Everything up to `position` was read: each partition moves there, but not beyond `to`.
    pub(super) fn move_to(&mut self, position: Position, to: &[Position]) {
        for (reached, to) in self.0.iter_mut().zip(to) {
            reached.position = reached.position.max(position.min(*to));
        }
    }

    pub(super) fn note(&mut self, event: &RecordedEvent) {
        if let Some(reached) = self.0.get_mut(event.partition.index()) {
            reached.applied = Some(Tip { position: event.position, event_id: event.event_id });
        }
    }
}
