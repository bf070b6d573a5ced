//! A row of `log.events` as a [`RecordedEvent`].

use daybook_core::event::RecordedEvent;
use daybook_core::ids::{InvalidId, Position, Version};
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use serde_json::value::RawValue;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::ReadError;

/// Reads a row with the columns of `queries/*.sql`, all of which name them alike.
pub(crate) fn recorded_event(row: &PgRow) -> Result<RecordedEvent, ReadError> {
    let at = Position::new(row.try_get("position")?).unwrap_or_default();
    let corrupt = |source: InvalidId| ReadError::Corrupt { position: at, source };
    let partition: i16 = row.try_get("partition")?;
    Ok(RecordedEvent {
        position: at,
        prev_position: Position::new(row.try_get("prev_position")?).map_err(corrupt)?,
        partition: Partition(
            u16::try_from(partition)
                .map_err(|_| corrupt(InvalidId::Negative(i64::from(partition))))?,
        ),
        stream_id: StreamId::parse(row.try_get("stream_id")?).map_err(corrupt)?,
        version: Version::new(row.try_get("version")?).map_err(corrupt)?,
        event_type: row.try_get::<&str, _>("event_type")?.into(),
        schema_version: row.try_get("schema_version")?,
        event_id: row.try_get::<Uuid, _>("event_id")?,
        data: json_text(row, "data")?,
        metadata: json_text(row, "metadata")?,
        recorded_at: row.try_get::<OffsetDateTime, _>("recorded_at")?,
    })
}

/// The exact text of a `json` column.
fn json_text(row: &PgRow, column: &str) -> Result<Box<RawValue>, sqlx::Error> {
    Ok(row.try_get::<sqlx::types::Json<Box<RawValue>>, _>(column)?.0)
}
