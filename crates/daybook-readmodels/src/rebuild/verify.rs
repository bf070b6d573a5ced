//! Verifying: a new generation against the live one, row by row, at one same position.
//!
//! Both must be at the same position in every partition, and in one snapshot. For a moment the live checkpoints are
//! locked, what is left is applied to the new generation, and a snapshot is taken in another session; then projectors go
//! on, and the comparison reads from the snapshot. It is the one thing that keeps a snapshot open for longer than a page,
//! for as long as the comparison takes.

use daybook_core::event::EventPayload;
use daybook_core::ids::Position;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::build::{Build, Frontier, Reached};
use super::catch_up::Target;
use super::compare::{self, Comparison};
use super::progress::{Phase, Watch};
use super::tries::Tries;
use super::{RebuildError, Rebuilder, generations, swap};

impl Rebuilder {
    /// How far the live generation is (index = partition), but no further than the log, where a new one can be compared
    /// with it at all.
    pub(super) async fn comparable<E>(
        &self,
        build: &Build<E>,
    ) -> Result<Vec<Position>, RebuildError> {
        let live =
            generations::read_reached(&mut *self.read.acquire().await?, build.name(), build.live)
                .await?;
        // Later than the checkpoints, which never pass it.
        let head = self.log.head().await?;
        let refuse = |why: &str| {
            Err(RebuildError::Refused { projection: build.name(), why: why.to_owned() })
        };
        let version: i32 =
            sqlx::query_scalar("SELECT version FROM read.projections WHERE projection = $1")
                .bind(build.name())
                .fetch_one(&self.read)
                .await?;
        if version != build.projection.version() {
            return refuse(
                "cannot be verified: another version of its code filled the live generation",
            );
        }
        if live.0.len() != head.partition_positions.len() {
            return refuse("cannot be verified: no projector has begun its live generation");
        }
        let within = |reached: &Reached| reached.position.min(head.position);
        Ok(build.mask(live.0.iter().map(within).collect()))
    }

    /// Where the live generation was folded from events that the log does not hold; `None`: nowhere.
    pub(super) async fn ahead_of_log<E>(
        &self,
        build: &Build<E>,
    ) -> Result<Option<Position>, RebuildError> {
        let mut connection = self.read.acquire().await?;
        let live = generations::read_reached(&mut connection, build.name(), build.live).await?;
        // Later than the checkpoints, which never pass it.
        let head = self.log.head().await?;
        for reached in &live.0 {
            let known = match reached.applied {
                Some(tip) => self.log.event_id_at(tip.position).await? == Some(tip.event_id),
                None => true,
            };
            if reached.position > head.position || !known {
                return Ok(Some(reached.position));
            }
        }
        Ok(None)
    }

    /// Compares; the generation is then where the live one was.
    pub(super) async fn verify<E: EventPayload>(
        &self,
        build: &Build<E>,
        frontier: &mut Frontier,
        watch: &Watch,
    ) -> Result<Comparison, RebuildError> {
        let mut tries = Tries::default();
        let mut snapshot = loop {
            watch.enter(Phase::CatchingUp);
            self.catch_up(build, frontier, Target::Live).await?;
            watch.enter(Phase::Verifying);
            let snapshot = self.level_snapshot(build, frontier).await;
            if tries.ended(&snapshot).await {
                break snapshot?;
            }
        };
        let comparison = compare::generations(&mut snapshot, build).await?;
        snapshot.close().await?;
        Ok(comparison)
    }

    /// A snapshot in which both generations are at the same position in every partition.
    async fn level_snapshot<E: EventPayload>(
        &self,
        build: &Build<E>,
        frontier: &mut Frontier,
    ) -> Result<PgConnection, RebuildError> {
        let mut snapshot = self.connector.connect().await?;
        let mut lock = self.read.begin().await?;
        lock.execute("SET LOCAL lock_timeout = '5s'").await?;
        let live = swap::lock_live(&mut lock, build, frontier.0.len()).await?;
        let head = self.log.head().await?.position;
        let live = build.mask(live.into_iter().map(|position| position.min(head)).collect());
        let mut tx = self.read.begin().await?;
        let reached = self.advance_within(&mut tx, build, frontier, &live).await?;
        tx.commit().await?;
        *frontier = reached;
        snapshot.execute("SET idle_in_transaction_session_timeout = 0").await?;
        snapshot.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        // The first statement is what takes the snapshot.
        snapshot.execute("SELECT 1").await?;
        lock.rollback().await?;
        Ok(snapshot)
    }
}
