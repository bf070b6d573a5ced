//! Inspection: the rows of schema `log` as they stand, believed in nothing, for whoever checks or copies the log.
//!
//! Where [`crate::replay`] refuses a damaged log, an inspection hands out what is there: an event at position 0, a gap, a
//! stream id that is none. Judging is the reader's. Everything is read by keyset, a short statement a page, and the next
//! page is fetched while one is being worked on: memory is bounded by three pages, and no snapshot is held between pages.

mod commands;
mod outline;
mod pages;
mod snapshots;
mod streams;

pub use commands::{CommandCount, StoredCommand};
pub use outline::Outline;
pub use pages::Pages;
pub use snapshots::StoredSnapshot;
pub use streams::StreamEvent;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::ReadError;
use pages::ReadPage;

/// Rows in a page, at most.
const PAGE_ROWS_MAX: i64 = 4096;

/// Bytes of data and metadata in a page, at most, but for its last row.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Reads rows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inspector {
    pool: PgPool,
}

/// A row of `log.events`, column by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the log.
    pub position: i64,
    /// What it says is the place of the event before it in its partition.
    pub prev_position: i64,
    /// What it says is its partition.
    pub partition: i16,
    /// Its stream.
    pub stream_id: String,
    /// Its number in the stream.
    pub version: i64,
    /// The aggregate type.
    pub stream_type: String,
    /// The stored type.
    pub event_type: String,
    /// The version of the payload's shape.
    pub schema_version: i32,
    /// UUIDv7 of the appender.
    pub event_id: Uuid,
    /// The exact text.
    pub data: String,
    /// The exact text.
    pub metadata: String,
    /// When it was committed.
    pub recorded_at: OffsetDateTime,
}

impl Inspector {
    /// An inspector over connections to the log's database, with a role that may read schema `log`.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The events after a position and up to another, in the order of positions. From below zero on, so that nothing hides
    /// there.
    #[must_use]
    pub fn events(&self, after: i64, up_to: i64) -> Pages<StoredEvent> {
        Pages::read(Events { pool: self.pool.clone(), after, up_to })
    }

    /// The same of one stream, in the order of its versions.
    #[must_use]
    pub fn events_of(&self, stream_id: &str, after: i64, up_to: i64) -> Pages<StoredEvent> {
        let (pool, stream_id) = (self.pool.clone(), stream_id.to_owned());
        Pages::read(EventsOf { pool, stream_id, after_version: i64::MIN, after, up_to })
    }
}

struct Events {
    pool: PgPool,
    after: i64,
    up_to: i64,
}

impl ReadPage for Events {
    type Row = StoredEvent;

    async fn read_page(&mut self) -> Result<Vec<StoredEvent>, ReadError> {
        let rows = sqlx::query(include_str!("queries/inspect_events.sql"))
            .bind(self.after)
            .bind(self.up_to)
            .bind(PAGE_ROWS_MAX)
            .fetch(&self.pool);
        let page = collect(rows).await?;
        self.after = page.last().map_or(self.after, |last| last.position);
        Ok(page)
    }
}

struct EventsOf {
    pool: PgPool,
    stream_id: String,
    after_version: i64,
    after: i64,
    up_to: i64,
}

impl ReadPage for EventsOf {
    type Row = StoredEvent;

    async fn read_page(&mut self) -> Result<Vec<StoredEvent>, ReadError> {
        let rows = sqlx::query(include_str!("queries/inspect_events_of.sql"))
            .bind(self.stream_id.clone())
            .bind(self.after_version)
            .bind(self.after)
            .bind(self.up_to)
            .bind(PAGE_ROWS_MAX)
            .fetch(&self.pool);
        let page = collect(rows).await?;
        self.after_version = page.last().map_or(self.after_version, |last| last.version);
        Ok(page)
    }
}

/// A page of rows: it ends early where it has enough bytes.
async fn collect(
    mut rows: BoxStream<'_, Result<PgRow, sqlx::Error>>,
) -> Result<Vec<StoredEvent>, ReadError> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    while bytes < PAGE_BYTES_MAX
        && let Some(row) = rows.try_next().await?
    {
        let event = stored_event(&row)?;
        bytes += event.data.len() + event.metadata.len();
        page.push(event);
    }
    Ok(page)
}

fn stored_event(row: &PgRow) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        position: row.try_get("position")?,
        prev_position: row.try_get("prev_position")?,
        partition: row.try_get("partition")?,
        stream_id: row.try_get("stream_id")?,
        version: row.try_get("version")?,
        stream_type: row.try_get("stream_type")?,
        event_type: row.try_get("event_type")?,
        schema_version: row.try_get("schema_version")?,
        event_id: row.try_get("event_id")?,
        data: row.try_get("data")?,
        metadata: row.try_get("metadata")?,
        recorded_at: row.try_get("recorded_at")?,
    })
}
