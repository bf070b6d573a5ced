//! Checkpoints: how far each projection is in each partition, in memory and in `read.checkpoints`.
//!
//! A checkpoint says: all of this partition up to here is applied, whether or not the event at that position is its own.
//! It moves by compare-and-set in the transaction that writes the rows, so whoever believes wrongly that a partition is
//! his changes nothing: correctness needs no lease and no clock.

use std::sync::Arc;

use daybook_core::ids::{Position, Version};
use daybook_core::partition::Partition;
use daybook_eventlog::Tip;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::projection::{Generation, Projection};

/// One projection in one partition: the unit that moves, stops and is owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Index into the list of models.
    pub(crate) model: usize,
    pub(crate) partition: Partition,
    pub(crate) position: Position,
    /// The last event really applied.
    pub(crate) applied: Option<Tip>,
    pub(crate) standing: Standing,
}

impl Slot {
    pub(crate) fn goes_on(&self) -> bool {
        self.standing == Standing::GoesOn
    }
}

/// Whether a slot goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It applies what comes.
    GoesOn,
    /// It stands before an event, until an operator decides on it in a version of the projection's stream after
    /// `decided`, or a process starts.
    Stands { event: Option<Position>, decided: Version },
    /// Its checkpoint was moved by somebody else.
    Lost,
    /// Its generation was retired: the current one goes on instead.
    Retired,
}

/// A projection and the generation of tables that it fills.
pub(crate) struct Model<E> {
    pub(crate) projection: Arc<dyn Projection<E>>,
    pub(crate) generation: Generation,
}

impl<E> Model<E> {
    pub(crate) fn name(&self) -> &'static str {
        self.projection.name()
    }
}

/// One checkpoint's step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    /// Index into the list of slots.
    pub(crate) slot: usize,
    pub(crate) from: Position,
    pub(crate) to: Position,
    /// The last event on the way, if there is one.
    pub(crate) applied: Option<Tip>,
}

/// Why a partition of a projection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// An event cannot be applied.
    Poison,
    /// The rows are ahead of a log that was restored.
    History,
}

impl StopCause {
    fn as_str(self) -> &'static str {
        match self {
            Self::Poison => "poison",
            Self::History => "history",
        }
    }
}

/// A stop, as it is recorded.
pub(crate) struct Stop<'e> {
    pub(crate) cause: StopCause,
    /// Where.
    pub(crate) at: Option<Tip>,
    pub(crate) error: &'e str,
    /// The version of the projection's stream that was taken into account.
    pub(crate) decided: Version,
}

/// Why the read models cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("projection `{0}` has no tables; run `daybook migrate`")]
    NoTables(&'static str),
    #[error("failed to read the checkpoints")]
    Database(#[from] sqlx::Error),
}

/// The current generation of each projection, but for those that another version of their code filled: their rows are
/// that version's to fill, and the others have nothing to do with that.
pub(crate) async fn current_models<E>(
    pool: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
) -> Result<Vec<Model<E>>, OpenError> {
    let names: Vec<_> = projections.iter().map(|projection| projection.name()).collect();
    let rows = sqlx::query(include_str!("queries/read_projections.sql"))
        .bind(names)
        .fetch_all(pool)
        .await?;
    let mut models = Vec::with_capacity(projections.len());
    for projection in projections {
        let (name, wanted) = (projection.name(), projection.version());
        let row = rows
            .iter()
            .find(|row| row.try_get::<&str, _>("projection").is_ok_and(|found| found == name))
            .ok_or(OpenError::NoTables(name))?;
        let (generation, found): (i32, i32) = (row.try_get("generation")?, row.try_get("version")?);
        if found == wanted {
            let generation = Generation(generation);
            models.push(Model { projection: Arc::clone(projection), generation });
        } else {
            tracing::error!(
                projection.name = name,
                found,
                wanted,
                "the read model was filled by another version of the projection and is left alone; rebuild it"
            );
        }
    }
    Ok(models)
}

/// The current generations of those projections that this version of their code filled.
pub(crate) async fn current_generations<E>(
    pool: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
) -> Result<Vec<(&'static str, Generation)>, sqlx::Error> {
    let names: Vec<_> = projections.iter().map(|projection| projection.name()).collect();
    let rows: Vec<(String, i32, i32)> =
        sqlx::query_as(include_str!("queries/read_projections.sql"))
            .bind(names)
            .fetch_all(pool)
            .await?;
    let ours = |(name, generation, version): (String, i32, i32)| {
        let same = |p: &&Arc<dyn Projection<E>>| p.name() == name && p.version() == version;
        Some((projections.iter().find(same)?.name(), Generation(generation)))
    };
    Ok(rows.into_iter().filter_map(ours).collect())
}

/// Makes the checkpoints that do not exist yet, in all partitions of the log.
pub(crate) async fn make<E>(
    pool: &PgPool,
    models: &[Model<E>],
    partition_count: u16,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("queries/insert_checkpoints.sql"))
        .bind(names(models))
        .bind(generations(models))
        .bind(i32::from(partition_count))
        .execute(pool)
        .await
        .map(drop)
}

/// The slots of `models` in some partitions, as the database has them.
pub(crate) async fn read<E>(
    pool: &PgPool,
    models: &[Model<E>],
    partitions: impl IntoIterator<Item = Partition>,
) -> Result<Vec<Slot>, sqlx::Error> {
    let rows = sqlx::query(include_str!("queries/read_checkpoints.sql"))
        .bind(names(models))
        .bind(generations(models))
        .bind(partitions.into_iter().map(smallint).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?;
    rows.iter().filter_map(|row| slot(models, row).transpose()).collect()
}

fn slot<E>(models: &[Model<E>], row: &PgRow) -> Result<Option<Slot>, sqlx::Error> {
    let (name, generation): (&str, i32) = (row.try_get("projection")?, row.try_get("generation")?);
    let of_row = |m: &Model<E>| m.name() == name && m.generation.0 == generation;
    let Some(model) = models.iter().position(of_row) else { return Ok(None) };
    let position = |column| row.try_get(column).map(|p: i64| Position::new(p).unwrap_or_default());
    let applied_position = position("applied_position")?;
    let event_id: Option<Uuid> = row.try_get("applied_event_id")?;
    Ok(Some(Slot {
        model,
        partition: Partition(
            u16::try_from(row.try_get::<i16, _>("partition")?)
                .map_err(|error| sqlx::Error::Decode(error.into()))?,
        ),
        position: position("position")?,
        applied: event_id.map(|event_id| Tip { position: applied_position, event_id }),
        standing: standing(row)?,
    }))
}

fn standing(row: &PgRow) -> Result<Standing, sqlx::Error> {
    let cause: Option<String> = row.try_get("stopped_cause")?;
    let event: Option<i64> = row.try_get("stopped_position")?;
    let decided: i64 = row.try_get("stopped_version")?;
    Ok(if row.try_get("retired")? {
        Standing::Retired
    } else if cause.is_some() {
        Standing::Stands {
            event: event.and_then(|position| Position::new(position).ok()),
            decided: Version::new(decided).unwrap_or_default(),
        }
    } else {
        Standing::GoesOn
    })
}

/// Moves the checkpoints, all in one statement. `false`: at least one was not where it was expected, and the transaction
/// must be rolled back.
pub(crate) async fn advance<E>(
    connection: &mut PgConnection,
    models: &[Model<E>],
    slots: &[Slot],
    moves: &[Move],
) -> Result<bool, sqlx::Error> {
    let model = |m: &Move| &models[slots[m.slot].model];
    let moved = sqlx::query(include_str!("queries/move_checkpoints.sql"))
        .bind(moves.iter().map(|m| model(m).name()).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| model(m).generation.0).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| smallint(slots[m.slot].partition)).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.from.get()).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.to.get()).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.applied.map(|tip| tip.position.get())).collect::<Vec<_>>())
        .bind(moves.iter().map(|m| m.applied.map(|tip| tip.event_id)).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(usize::try_from(moved.rows_affected()) == Ok(moves.len()))
}

/// Records that a partition of a projection stands. `false`: it is somebody else's.
pub(crate) async fn stop<E>(
    pool: &PgPool,
    model: &Model<E>,
    slot: &Slot,
    stop: &Stop<'_>,
) -> Result<bool, sqlx::Error> {
    let stopped = sqlx::query(include_str!("queries/stop_checkpoint.sql"))
        .bind(model.name())
        .bind(model.generation.0)
        .bind(smallint(slot.partition))
        .bind(slot.position.get())
        .bind(stop.cause.as_str())
        .bind(stop.at.map(|tip| tip.position.get()))
        .bind(stop.at.map(|tip| tip.event_id))
        .bind(stop.error)
        .bind(stop.decided.get())
        .execute(pool)
        .await?;
    Ok(stopped.rows_affected() == 1)
}

/// Gives what stands another try: some projections, each in a partition.
pub(crate) async fn resume<E>(
    pool: &PgPool,
    standing: &[(&Model<E>, Partition)],
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("queries/resume_checkpoints.sql"))
        .bind(standing.iter().map(|(model, _)| model.name()).collect::<Vec<_>>())
        .bind(standing.iter().map(|(model, _)| model.generation.0).collect::<Vec<_>>())
        .bind(standing.iter().map(|(_, partition)| smallint(*partition)).collect::<Vec<_>>())
        .execute(pool)
        .await
        .map(drop)
}

fn names<E>(models: &[Model<E>]) -> Vec<&'static str> {
    models.iter().map(Model::name).collect()
}

fn generations<E>(models: &[Model<E>]) -> Vec<i32> {
    models.iter().map(|model| model.generation.0).collect()
}

/// Partitions are below 1024; the column is a smallint.
fn smallint(partition: Partition) -> i16 {
    i16::try_from(partition.0).unwrap_or(i16::MAX)
}
