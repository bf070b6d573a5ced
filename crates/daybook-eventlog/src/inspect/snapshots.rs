//! Snapshots as they stand.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{Inspector, PAGE_ROWS_MAX};
use crate::error::ReadError;

/// A row of `log.snapshots` or of `log.past_snapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// Which stream.
    pub stream_id: String,
    /// The mark that it is said to be kept at; `None`: it is the stream's newest.
    pub mark: Option<i64>,
    /// The state is said to be the fold of its events up to here.
    pub version: i64,
    /// The version of the evolve code that is said to have made it.
    pub fingerprint: i32,
    /// The state as JSON text.
    pub state: String,
}

impl Inspector {
    /// The first snapshots of streams after one and up to another (`None`: all), in the order of the streams. Fewer than
    /// a page of them: there are no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn snapshots(
        &self,
        after: &str,
        up_to: Option<&str>,
    ) -> Result<Vec<StoredSnapshot>, ReadError> {
        let rows = sqlx::query(include_str!("../queries/inspect_snapshots.sql"))
            .bind(after)
            .bind(up_to)
            .bind(PAGE_ROWS_MAX)
            .fetch_all(&self.pool)
            .await?;
        let newest = |row| stored_snapshot(row, None);
        Ok(rows.iter().map(newest).collect::<Result<_, sqlx::Error>>()?)
    }

    /// The first snapshots at marks after one of a stream, and of streams up to another (`None`: all), in the order of streams
    /// and marks. Fewer than a page of them: there are no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn past_snapshots(
        &self,
        after: (&str, i64),
        up_to: Option<&str>,
    ) -> Result<Vec<StoredSnapshot>, ReadError> {
        let rows = sqlx::query(include_str!("../queries/inspect_past_snapshots.sql"))
            .bind(after.0)
            .bind(after.1)
            .bind(up_to)
            .bind(PAGE_ROWS_MAX)
            .fetch_all(&self.pool)
            .await?;
        let past = |row: &PgRow| stored_snapshot(row, Some(row.try_get("mark")?));
        Ok(rows.iter().map(past).collect::<Result<_, sqlx::Error>>()?)
    }
}

fn stored_snapshot(row: &PgRow, mark: Option<i64>) -> Result<StoredSnapshot, sqlx::Error> {
    Ok(StoredSnapshot {
        stream_id: row.try_get("stream_id")?,
        mark,
        version: row.try_get("version")?,
        fingerprint: row.try_get("fingerprint")?,
        state: row.try_get("state")?,
    })
}
