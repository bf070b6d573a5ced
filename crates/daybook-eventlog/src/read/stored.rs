//! Events exactly as their rows have them, in the order of the log: what hashes are made of.

use daybook_core::event::StoredEvent;
use daybook_core::ids::Position;
use futures::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::LogReader;
use crate::error::ReadError;

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

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

/// By the places of the columns, and the time as it is stored and sent, a whole number of microseconds: whoever hashes or
/// verifies a log spends much of the time here.
fn stored_event(row: &PgRow) -> Result<StoredEvent, sqlx::Error> {
    let since_postgres_epoch: i64 = row.try_get_unchecked(3)?;
    Ok(StoredEvent {
        position: row.try_get_unchecked(0)?,
        prev_position: row.try_get_unchecked(1)?,
        version: row.try_get_unchecked(2)?,
        recorded_at_micros: since_postgres_epoch.saturating_add(POSTGRES_EPOCH_MICROS),
        event_id: row.try_get_unchecked(4)?,
        schema_version: row.try_get_unchecked(5)?,
        partition: row.try_get_unchecked(6)?,
        stream_id: row.try_get_unchecked(7)?,
        stream_type: row.try_get_unchecked(8)?,
        event_type: row.try_get_unchecked(9)?,
        data: row.try_get_unchecked(10)?,
        metadata: row.try_get_unchecked(11)?,
    })
}
