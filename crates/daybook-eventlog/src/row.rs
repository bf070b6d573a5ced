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

/// Reads a row with the columns of `queries/*.sql`, all of which give them in this order. They are found by their places,
/// and taken for what the table says they are: names and types would be looked up for each column of each event.
pub(crate) fn recorded_event(row: &PgRow) -> Result<RecordedEvent, ReadError> {
    let at = Position::new(row.try_get_unchecked(0)?).unwrap_or_default();
    let corrupt = |source: InvalidId| ReadError::Corrupt { position: at, source };
    let partition: i16 = row.try_get_unchecked(2)?;
    Ok(RecordedEvent {
        position: at,
        prev_position: Position::new(row.try_get_unchecked(1)?).map_err(corrupt)?,
        partition: Partition(
            u16::try_from(partition)
                .map_err(|_| corrupt(InvalidId::Negative(i64::from(partition))))?,
        ),
        stream_id: StreamId::parse(row.try_get_unchecked(3)?).map_err(corrupt)?,
        version: Version::new(row.try_get_unchecked(4)?).map_err(corrupt)?,
        event_type: row.try_get_unchecked::<&str, _>(5)?.into(),
        schema_version: row.try_get_unchecked(6)?,
        event_id: row.try_get_unchecked::<Uuid, _>(7)?,
        data: json_text(row, 8)?,
        metadata: json_text(row, 9)?,
        recorded_at: row.try_get_unchecked::<OffsetDateTime, _>(10)?,
    })
}

/// The exact text of a `json` column.
fn json_text(row: &PgRow, place: usize) -> Result<Box<RawValue>, sqlx::Error> {
    Ok(row.try_get_unchecked::<sqlx::types::Json<Box<RawValue>>, _>(place)?.0)
}
