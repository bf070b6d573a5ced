//! Checkpoints: how far each projection is in each partition, in memory and in `read.checkpoints`.
//!
//! A checkpoint says: all of this partition up to here is applied, whether or not the event at that position is its own.
//! It moves by compare-and-set in the transaction that writes the rows, so whoever believes wrongly that a partition is
//! his changes nothing: correctness needs no lease and no clock.

use std::sync::Arc;

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Tip;
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
    /// It stands, or is retired: nothing is applied here.
    pub(crate) stopped: bool,
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

/// Why the read models cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("projection `{0}` has no tables; run `daybook migrate`")]
    NoTables(&'static str),
    #[error(
        "projection `{name}` was filled by version {found}, this build has {wanted}; rebuild it"
    )]
    Version { name: &'static str, found: i32, wanted: i32 },
    #[error("failed to read the checkpoints")]
    Database(#[from] sqlx::Error),
}

/// The current generation of a projection, and its slots in all partitions. Checkpoints that do not exist are made.
pub(crate) async fn open<E>(
    pool: &PgPool,
    projection: &Arc<dyn Projection<E>>,
    model: usize,
    partition_count: u16,
) -> Result<(Model<E>, Vec<Slot>), OpenError> {
    let name = projection.name();
    let row = sqlx::query(include_str!("queries/read_projection.sql"))
        .bind(name)
        .fetch_optional(pool)
        .await?
        .ok_or(OpenError::NoTables(name))?;
    let (generation, found): (i32, i32) = (row.try_get("generation")?, row.try_get("version")?);
    let wanted = projection.version();
    if found != wanted {
        return Err(OpenError::Version { name, found, wanted });
    }
    sqlx::query(include_str!("queries/insert_checkpoints.sql"))
        .bind(name)
        .bind(generation)
        .bind(i32::from(partition_count))
        .execute(pool)
        .await?;
    let slots = sqlx::query(include_str!("queries/read_checkpoints.sql"))
        .bind(name)
        .bind(generation)
        .fetch_all(pool)
        .await?
        .iter()
        .map(|row| slot(model, row))
        .collect::<Result<_, _>>()?;
    let model = Model { projection: Arc::clone(projection), generation: Generation(generation) };
    Ok((model, slots))
}

fn slot(model: usize, row: &sqlx::postgres::PgRow) -> Result<Slot, sqlx::Error> {
    let position = |column| row.try_get(column).map(|p: i64| Position::new(p).unwrap_or_default());
    let applied_position = position("applied_position")?;
    let event_id: Option<Uuid> = row.try_get("applied_event_id")?;
    let stopped_cause: Option<String> = row.try_get("stopped_cause")?;
    Ok(Slot {
        model,
        partition: Partition(
            u16::try_from(row.try_get::<i16, _>("partition")?)
                .map_err(|error| sqlx::Error::Decode(error.into()))?,
        ),
        position: position("position")?,
        applied: event_id.map(|event_id| Tip { position: applied_position, event_id }),
        stopped: stopped_cause.is_some() || row.try_get("retired")?,
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
    cause: StopCause,
    at: Option<Tip>,
    error: &str,
) -> Result<bool, sqlx::Error> {
    let stopped = sqlx::query(include_str!("queries/stop_checkpoint.sql"))
        .bind(model.name())
        .bind(model.generation.0)
        .bind(smallint(slot.partition))
        .bind(slot.position.get())
        .bind(cause.as_str())
        .bind(at.map(|tip| tip.position.get()))
        .bind(at.map(|tip| tip.event_id))
        .bind(error)
        .execute(pool)
        .await?;
    Ok(stopped.rows_affected() == 1)
}

/// Gives every partition of a projection that stands another try.
pub(crate) async fn resume<E>(
    pool: &PgPool,
    projection: &dyn Projection<E>,
) -> Result<(), sqlx::Error> {
    let current = sqlx::query(include_str!("queries/read_projection.sql"))
        .bind(projection.name())
        .fetch_optional(pool)
        .await?;
    let Some(row) = current else { return Ok(()) };
    sqlx::query(include_str!("queries/resume_checkpoints.sql"))
        .bind(projection.name())
        .bind(row.try_get::<i32, _>("generation")?)
        .execute(pool)
        .await?;
    Ok(())
}

/// Partitions are at most 1024; the column is a smallint.
fn smallint(partition: Partition) -> i16 {
    i16::try_from(partition.0).unwrap_or(i16::MAX)
}
