//! Whose a generation is: the database session of the rebuild that works on it.
//!
//! The session is one connection that lives as long as the rebuild. A rebuild that is killed loses it, and everybody can
//! see in `pg_stat_activity` that nobody works on its generation any more: there is no lock to be left behind and no clock
//! to be trusted. Who is taken for dead by mistake finds its generation gone, and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use daybook_core::ids::Position;
use daybook_runtime::postgres::Connector;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use time::OffsetDateTime;

use super::build::{Build, Frontier};
use super::progress::Watch;
use super::{RebuildError, generations};
use crate::projection::{Generation, Projection};
use crate::skips::Skips;
use crate::tables::Tables;

/// How often the progress is written down, and it is seen whether the session is alive.
const NOTE_EVERY: Duration = Duration::from_millis(500);

/// A session, as others see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id {
    pub(super) pid: i32,
    pub(super) started: OffsetDateTime,
}

/// A generation to go back to.
pub(super) struct Kept<E> {
    pub(super) build: Build<E>,
    /// Where it stands.
    pub(super) frontier: Frontier,
}

/// The session of this rebuild.
pub(super) struct Builder {
    connection: PgConnection,
    id: Id,
}

impl Builder {
    pub(super) async fn connect(connector: &Connector) -> Result<Self, RebuildError> {
        let mut connection = connector.connect().await?;
        // Whoever only acts as the projector does not see, as the projector, when its own session began.
        connection.execute("SET ROLE NONE").await?;
        let row = sqlx::query(include_str!("queries/read_builder.sql"))
            .fetch_one(&mut connection)
            .await?;
        connection.execute("RESET ROLE").await?;
        let id = Id { pid: row.try_get("pid")?, started: row.try_get("backend_start")? };
        Ok(Self { connection, id })
    }

    pub(super) fn id(&self) -> Id {
        self.id
    }

    /// Makes the next generation's tables, bare, and notes that this session builds it. What others left is let go.
    pub(super) async fn begin<E>(
        &mut self,
        projection: &Arc<dyn Projection<E>>,
        after: Position,
        skips: Skips,
    ) -> Result<Build<E>, RebuildError> {
        let name = projection.name();
        let mut tx = self.connection.begin().await?;
        let (live, _) = lock(&mut tx, name).await?;
        sqlx::query(include_str!("queries/abandon_builds.sql"))
            .bind(name)
            .execute(&mut *tx)
            .await?;
        let generation: i32 = sqlx::query_scalar(include_str!("queries/begin_build.sql"))
            .bind(name)
            .bind(projection.version())
            .bind(after.get())
            .bind(self.id.pid)
            .bind(self.id.started)
            .fetch_one(&mut *tx)
            .await?;
        let generation = Generation(generation);
        let tables = Tables::of(projection.tables());
        for statement in [tables.create(generation), tables.leave_alone(generation)] {
            // Safe: the template is ours and the generation a number.
            tx.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
        }
        tx.commit().await?;
        tracing::info!(projection.name = name, generation = generation.0, "a rebuild has begun");
        Ok(Build::new(Arc::clone(projection), generation, live, after, skips))
    }

    /// Takes the generation that was kept, to go back to it.
    pub(super) async fn take_kept<E>(
        &mut self,
        projection: &Arc<dyn Projection<E>>,
        skips: Skips,
    ) -> Result<Kept<E>, RebuildError> {
        let name = projection.name();
        let mut tx = self.connection.begin().await?;
        let (live, _) = lock(&mut tx, name).await?;
        let kept = sqlx::query(include_str!("queries/take_kept.sql"))
            .bind(name)
            .bind(self.id.pid)
            .bind(self.id.started)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| {
                refused(name, "has no generation to go back to; `--keep-old` keeps one".to_owned())
            })?;
        let (filled_by, this) = (kept.try_get::<i32, _>("version")?, projection.version());
        if filled_by != this {
            let why = format!(
                "was kept by version {filled_by} of its code, and this build has {this}; use that build"
            );
            return Err(refused(name, why));
        }
        let generation = Generation(kept.try_get("generation")?);
        let after = Position::new(kept.try_get("from_position")?).unwrap_or_default();
        let frontier = generations::read_reached(&mut tx, name, generation).await?;
        tx.commit().await?;
        let build = Build::new(Arc::clone(projection), generation, live, after, skips);
        Ok(Kept { build, frontier })
    }

    /// Writes the progress down again and again. Ends only when the session or a generation is lost.
    pub(super) async fn keep<E>(
        &mut self,
        builds: &[Arc<Build<E>>],
        watch: &Watch,
    ) -> RebuildError {
        loop {
            tokio::time::sleep(NOTE_EVERY).await;
            match self.note(builds, watch).await {
                Ok(true) => {}
                Ok(false) => return RebuildError::Lost,
                Err(error) => return error.into(),
            }
        }
    }

    /// `false`: a generation is no longer this session's.
    async fn note<E>(
        &mut self,
        builds: &[Arc<Build<E>>],
        watch: &Watch,
    ) -> Result<bool, sqlx::Error> {
        let progress = watch.now();
        let lost: i64 = sqlx::query_scalar(include_str!("queries/note_progress.sql"))
            .bind(builds.iter().map(|build| build.name()).collect::<Vec<_>>())
            .bind(builds.iter().map(|build| build.generation.0).collect::<Vec<_>>())
            .bind(progress.phase.as_str())
            .bind(progress.events_done)
            .bind(progress.events_total)
            .bind(self.id.pid)
            .bind(self.id.started)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(lost == 0)
    }

    /// Lets go of what did not become current. Where that fails, the end of the session says the same.
    pub(super) async fn abandon<E>(&mut self, builds: &[Arc<Build<E>>]) {
        for build in builds {
            let abandoned = sqlx::query(include_str!("queries/abandon_build.sql"))
                .bind(build.name())
                .bind(build.generation.0)
                .bind(self.id.pid)
                .bind(self.id.started)
                .execute(&mut self.connection)
                .await;
            if let Err(error) = abandoned {
                tracing::warn!(projection.name = build.name(), %error, "cannot let go of a build; the next rebuild will");
            }
        }
    }
}

/// The current generation and its version, under the lock that generations are begun under, and only where nobody else
/// works on one.
async fn lock(
    connection: &mut PgConnection,
    name: &'static str,
) -> Result<(Generation, i32), RebuildError> {
    let row = sqlx::query(include_str!("queries/lock_projection.sql"))
        .bind(name)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| refused(name, "has no tables; run `daybook migrate`".to_owned()))?;
    let other = sqlx::query(include_str!("queries/find_builder.sql"))
        .bind(name)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(other) = other {
        let generation: i32 = other.try_get("generation")?;
        let phase: Option<String> = other.try_get("phase")?;
        let phase = phase.unwrap_or_else(|| "beginning".to_owned());
        let why = format!(
            "is being rebuilt already: generation {generation}, {phase}; wait for it, or stop it"
        );
        return Err(refused(name, why));
    }
    Ok((Generation(row.try_get("generation")?), row.try_get("version")?))
}

fn refused(projection: &'static str, why: String) -> RebuildError {
    RebuildError::Refused { projection, why }
}
