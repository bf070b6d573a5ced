//! The log stream by stream: all events of one stream in the order of their versions, then those of the next.
//!
//! So versions and folds are checked with the state of one stream in memory, however many streams there are. The price is
//! that rows come in the order of the index and not of the table: in a log larger than memory most of them cost a read of
//! their own.

use futures::TryStreamExt as _;
use sqlx::{PgPool, Row as _};

use super::pages::ReadPage;
use super::{Inspector, PAGE_BYTES_MAX, PAGE_ROWS_MAX, Pages};
use crate::error::ReadError;

/// What a fold needs of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    /// Its stream.
    pub stream_id: String,
    /// Its number in the stream.
    pub version: i64,
    /// Its place in the log.
    pub position: i64,
    /// The stored type.
    pub event_type: String,
    /// The version of the payload's shape.
    pub schema_version: i32,
    /// The exact text; `None` where its partition was not asked for.
    pub data: Option<String>,
}

impl Inspector {
    /// All events, stream by stream, with the payloads of some partitions (`None`: of all).
    #[must_use]
    pub fn streams(&self, partitions: Option<Vec<i16>>) -> Pages<StreamEvent> {
        let after = (String::new(), i64::MIN);
        Pages::read(Streams { pool: self.pool.clone(), after, partitions, only: None })
    }

    /// The events of one stream.
    #[must_use]
    pub fn stream(&self, stream_id: &str) -> Pages<StreamEvent> {
        let (after, only) = ((stream_id.to_owned(), i64::MIN), Some(stream_id.to_owned()));
        Pages::read(Streams { pool: self.pool.clone(), after, partitions: None, only })
    }
}

struct Streams {
    pool: PgPool,
    after: (String, i64),
    partitions: Option<Vec<i16>>,
    only: Option<String>,
}

impl ReadPage for Streams {
    type Row = StreamEvent;

    async fn read_page(&mut self) -> Result<Vec<StreamEvent>, ReadError> {
        let mut rows = sqlx::query(include_str!("../queries/inspect_streams.sql"))
            .bind(self.after.0.clone())
            .bind(self.after.1)
            .bind(self.partitions.clone())
            .bind(PAGE_ROWS_MAX)
            .bind(self.only.clone())
            .fetch(&self.pool);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while bytes < PAGE_BYTES_MAX
            && let Some(row) = rows.try_next().await?
        {
            let event = StreamEvent {
                stream_id: row.try_get("stream_id")?,
                version: row.try_get("version")?,
                position: row.try_get("position")?,
                event_type: row.try_get("event_type")?,
                schema_version: row.try_get("schema_version")?,
                data: row.try_get("data")?,
            };
            bytes += event.data.as_ref().map_or(0, String::len);
            page.push(event);
        }
        if let Some(last) = page.last() {
            self.after = (last.stream_id.clone(), last.version);
        }
        Ok(page)
    }
}
