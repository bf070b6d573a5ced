//! The checkpoints of generations that no projector fills.

use daybook_core::ids::Position;
use daybook_eventlog::Tip;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use super::RebuildError;
use super::build::{Build, Frontier, Reached};
use crate::projection::Generation;

/// Makes the checkpoints of a generation that was filled.
pub(super) async fn insert_reached<E>(
    read: &PgPool,
    build: &Build<E>,
    frontier: &Frontier,
) -> Result<(), RebuildError> {
    sqlx::query(include_str!("queries/insert_reached.sql"))
        .bind(build.name())
        .bind(build.generation.0)
        .bind(partitions(frontier))
        .bind(frontier.0.iter().map(|reached| reached.position.get()).collect::<Vec<_>>())
        .bind(
            frontier
                .0
                .iter()
                .map(|reached| reached.applied.map(|tip| tip.position.get()))
                .collect::<Vec<_>>(),
        )
        .bind(
            frontier
                .0
                .iter()
                .map(|reached| reached.applied.map(|tip| tip.event_id))
                .collect::<Vec<_>>(),
        )
        .execute(read)
        .await?;
    Ok(())
}

/// Moves them, all or nothing.
pub(super) async fn move_reached<E>(
    connection: &mut PgConnection,
    build: &Build<E>,
    from: &Frontier,
    to: &Frontier,
) -> Result<(), RebuildError> {
    let moved = sqlx::query(include_str!("queries/move_reached.sql"))
        .bind(build.name())
        .bind(build.generation.0)
        .bind(partitions(to))
        .bind(from.0.iter().map(|reached| reached.position.get()).collect::<Vec<_>>())
        .bind(to.0.iter().map(|reached| reached.position.get()).collect::<Vec<_>>())
        .bind(
            to.0.iter()
                .map(|reached| reached.applied.map(|tip| tip.position.get()))
                .collect::<Vec<_>>(),
        )
        .bind(
            to.0.iter().map(|reached| reached.applied.map(|tip| tip.event_id)).collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    if usize::try_from(moved.rows_affected()) == Ok(to.0.len()) {
        Ok(())
    } else {
        Err(RebuildError::Lost)
    }
}

/// How far a generation is.
pub(super) async fn read_reached(
    connection: &mut PgConnection,
    projection: &'static str,
    generation: Generation,
) -> Result<Frontier, sqlx::Error> {
    let rows = sqlx::query(include_str!("queries/read_reached.sql"))
        .bind(projection)
        .bind(generation.0)
        .fetch_all(connection)
        .await?;
    // In the order of the partitions, of which there is none without a checkpoint.
    Ok(Frontier(rows.iter().map(reached).collect::<Result<_, _>>()?))
}

fn reached(row: &PgRow) -> Result<Reached, sqlx::Error> {
    let position = |column| row.try_get(column).map(|p: i64| Position::new(p).unwrap_or_default());
    let applied_position = position("applied_position")?;
    let event_id: Option<Uuid> = row.try_get("applied_event_id")?;
    Ok(Reached {
        position: position("position")?,
        applied: event_id.map(|event_id| Tip { position: applied_position, event_id }),
    })
}

/// Partitions are at most 1024; the column is a smallint.
fn partitions(frontier: &Frontier) -> Vec<i16> {
    (0..).take(frontier.0.len()).collect()
}
