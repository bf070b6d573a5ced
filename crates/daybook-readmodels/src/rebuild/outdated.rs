//! Letting go of kept generations that an erasure has not reached. Nobody applies events to a generation that is kept to be
//! gone back to: what is cleared everywhere else would stay in it. One that an older version has filled may have whole texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use daybook_core::ids::{Position, Version};
use daybook_core::stream::StreamId;
use daybook_core::subject::{ERASURE_STREAM_TYPE, erasure_streams};
use daybook_eventlog::{Direction, LogReader, StreamQuery};
use sqlx::{PgPool, Row as _};

use super::RebuildError;
use crate::projection::Projection;

/// Retires kept generations that stand before an erasure; their tables go like those of any other that is retired.
///
/// # Errors
/// When a database is away.
pub(crate) async fn let_go_of_outdated<E>(
    log: &LogReader,
    read: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
) -> Result<(), RebuildError> {
    let mut kept = kept(read).await?;
    kept.retain(|(name, _), kept| {
        let mut known = projections.iter().filter(|known| known.name() == name);
        known.any(|known| {
            known.stream_types().contains(&ERASURE_STREAM_TYPE) || known.version() != kept.version
        })
    });
    if kept.is_empty() {
        return Ok(());
    }
    let erased = last_erasures(log).await?;
    for ((name, generation), Kept { reached, .. }) in kept {
        if reached.iter().zip(&erased).any(|(reached, erased)| reached < erased) {
            tracing::info!(
                projection.name = name,
                generation,
                "let go of a kept generation that still has what was erased"
            );
            sqlx::query(include_str!("queries/retire_kept.sql"))
                .bind(name)
                .bind(generation)
                .execute(read)
                .await?;
        }
    }
    Ok(())
}

/// A kept generation.
#[derive(Default)]
struct Kept {
    /// Of the code that filled it.
    version: i32,
    /// How far it is (index = partition).
    reached: Vec<Position>,
}

/// Those that nobody works on.
async fn kept(read: &PgPool) -> Result<BTreeMap<(String, i32), Kept>, sqlx::Error> {
    let mut kept: BTreeMap<_, Kept> = BTreeMap::new();
    for row in sqlx::query(include_str!("queries/find_kept.sql")).fetch_all(read).await? {
        let key = (row.try_get("projection")?, row.try_get("generation")?);
        let position = Position::new(row.try_get("position")?).unwrap_or_default();
        let entry = kept.entry(key).or_default();
        entry.version = row.try_get("version")?;
        entry.reached.push(position);
    }
    Ok(kept)
}

/// Where each partition was last told of an erasure (index = partition).
async fn last_erasures(log: &LogReader) -> Result<Vec<Position>, RebuildError> {
    let mut last = Vec::new();
    for stream_id in erasure_streams(log.identity().await?.partition_count) {
        let events = log.read_stream(&last_event_of(stream_id)).await?;
        last.push(events.first().map(|event| event.position).unwrap_or_default());
    }
    Ok(last)
}

fn last_event_of(stream_id: StreamId) -> StreamQuery {
    StreamQuery {
        stream_id,
        from_version: Version::ZERO,
        to_version: Version::MAX,
        event_types: Vec::new(),
        direction: Direction::Backwards,
        limit: 1,
    }
}
