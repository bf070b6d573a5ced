//! The swap: one short transaction, in which a generation becomes level with the live one in every partition and takes
//! its place.
//!
//! Queries read which generation is current, its checkpoints and its rows in one snapshot: they see all of the swap or
//! nothing of it, and wait for nothing. Projectors wait for the locked checkpoints, find them retired, and go on in the
//! generation that is current then. A crash at any point before the commit leaves everything as it was.

use daybook_core::event::EventPayload;
use daybook_core::ids::Position;
use sqlx::{Executor as _, PgConnection, Row as _};

use super::build::{Build, Frontier};
use super::catch_up::Target;
use super::progress::{Phase, Watch};
use super::session::Id;
use super::tries::Tries;
use super::{RebuildError, Rebuilder};

impl Rebuilder {
    /// Makes a generation current; the one before is kept or retired.
    pub(super) async fn swap<E: EventPayload>(
        &self,
        build: &Build<E>,
        frontier: &mut Frontier,
        keep_old: bool,
        builder: Id,
        watch: &Watch,
    ) -> Result<(), RebuildError> {
        let (from, to) = (build.live.0, build.generation.0);
        let mut tries = Tries::default();
        loop {
            watch.enter(Phase::CatchingUp);
            self.catch_up(build, frontier, Target::Head).await?;
            watch.enter(Phase::Swapping);
            let swapped = self.try_swap(build, frontier, keep_old, builder).await;
            if tries.ended(&swapped).await {
                swapped?;
                tracing::info!(projection.name = build.name(), from, to, "swapped");
                return Ok(());
            }
        }
    }

    async fn try_swap<E: EventPayload>(
        &self,
        build: &Build<E>,
        frontier: &Frontier,
        keep_old: bool,
        builder: Id,
    ) -> Result<(), RebuildError> {
        let mut tx = self.read.begin().await?;
        // Whoever waits for us is a projector. And a swap that was told of is not taken back by a crash.
        for setting in
            ["lock_timeout = '2s'", "statement_timeout = '30s'", "synchronous_commit = on"]
        {
            tx.execute(sqlx::AssertSqlSafe(format!("SET LOCAL {setting}"))).await?;
        }
        let live = lock_live(&mut tx, build, frontier.0.len()).await?;
        let to = self.level(frontier, &live).await?;
        self.advance_within(&mut tx, build, frontier, &to).await?;
        exchange(&mut tx, build, keep_old, builder).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where the generation must be to be level with the live one everywhere. A live generation that is ahead of its log,
    /// which was restored, is not followed there.
    async fn level(
        &self,
        frontier: &Frontier,
        live: &[Position],
    ) -> Result<Vec<Position>, RebuildError> {
        let head = self.log.head().await?.position;
        let level = |(reached, live): (&super::build::Reached, &Position)| {
            reached.position.max(*live.min(&head))
        };
        Ok(frontier.0.iter().zip(live).map(level).collect())
    }
}

/// Locks the live checkpoints, those too that no projector has made yet, and says where they are (index = partition).
pub(super) async fn lock_live<E>(
    connection: &mut PgConnection,
    build: &Build<E>,
    partition_count: usize,
) -> Result<Vec<Position>, RebuildError> {
    sqlx::query(include_str!("../queries/insert_checkpoints.sql"))
        .bind([build.name()])
        .bind([build.live.0])
        .bind(i32::try_from(partition_count).unwrap_or(i32::MAX))
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query(include_str!("queries/lock_checkpoints.sql"))
        .bind(build.name())
        .bind(build.live.0)
        .fetch_all(connection)
        .await?;
    let position = |row: &sqlx::postgres::PgRow| {
        row.try_get("position").map(|position| Position::new(position).unwrap_or_default())
    };
    Ok(rows.iter().map(position).collect::<Result<_, _>>()?)
}

/// The one is retired, the other current.
async fn exchange<E>(
    connection: &mut PgConnection,
    build: &Build<E>,
    keep_old: bool,
    builder: Id,
) -> Result<(), RebuildError> {
    let (name, old, new) = (build.name(), build.live.0, build.generation.0);
    for (generation, retired) in [(old, true), (new, false)] {
        sqlx::query(include_str!("queries/retire_checkpoints.sql"))
            .bind(name)
            .bind(generation)
            .bind(retired)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(include_str!("queries/let_go_of_kept.sql"))
        .bind(name)
        .bind(new)
        .execute(&mut *connection)
        .await?;
    let moved = sqlx::query(include_str!("queries/move_generation.sql"))
        .bind(name)
        .bind(old)
        .bind(new)
        .bind(build.projection.version())
        .execute(&mut *connection)
        .await?
        .rows_affected();
    // Out of the way first: one generation is current at a time, and one kept.
    let became = sqlx::query(include_str!("queries/replace_current.sql"))
        .bind(name)
        .bind(old)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    let current = sqlx::query(include_str!("queries/become_current.sql"))
        .bind(name)
        .bind(new)
        .bind(builder.pid)
        .bind(builder.started)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    if keep_old {
        sqlx::query(include_str!("queries/keep_old.sql"))
            .bind(name)
            .bind(old)
            .execute(connection)
            .await?;
    }
    if (moved, became, current) == (1, 1, 1) { Ok(()) } else { Err(RebuildError::Lost) }
}
