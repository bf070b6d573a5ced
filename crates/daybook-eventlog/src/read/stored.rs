//! Events exactly as their rows have them, in the order of the log: what hashes are made of.

use daybook_core::event::StoredEvent;
use daybook_core::ids::Position;
use futures::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::LogReader;
use crate::error::ReadError;

impl LogReader {
    /// The rows after a position, up to another, in order; fewer where data and metadata come to more than `bytes_max`,
    /// but at least one. A row that is missing is not noticed here.
    ///
    /// # Errors
    /// When the database is away, or a row holds what no row can.
    pub async fn read_stored(
        &self,
        after: Position,
        up_to: Position,
        bytes_max: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let mut rows = sqlx::query(include_str!("../queries/read_stored.sql"))
            .bind(after.get())
            .bind(up_to.get())
            .fetch(&self.pool);
        let (mut events, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            let event = stored_event(&row)?;
            bytes += event.data.len() + event.metadata.len();
            events.push(event);
            if bytes >= bytes_max {
                break;
            }
        }
        Ok(events)
    }

    /// The rows at some positions, in order. One that is missing is left out.
    ///
    /// # Errors
    /// When the database is away, or a row holds what no row can.
    pub async fn read_stored_at(
        &self,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let positions: Vec<i64> = positions.iter().map(|position| position.get()).collect();
        let rows = sqlx::query(include_str!("../queries/read_stored_at.sql"))
            .bind(positions)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(stored_event).collect::<Result<_, _>>()?)
    }
}

fn stored_event(row: &PgRow) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        position: row.try_get("position")?,
        prev_position: row.try_get("prev_position")?,
        version: row.try_get("version")?,
        recorded_at_micros: row.try_get("recorded_at_micros")?,
        event_id: row.try_get("event_id")?,
        schema_version: row.try_get("schema_version")?,
        partition: row.try_get("partition")?,
        stream_id: row.try_get("stream_id")?,
        stream_type: row.try_get("stream_type")?,
        event_type: row.try_get("event_type")?,
        data: row.try_get("data")?,
        metadata: row.try_get("metadata")?,
    })
}
