//! Snapshots as they stand.

use sqlx::Row as _;

use super::{Inspector, PAGE_ROWS_MAX};
use crate::error::ReadError;

/// A row of `log.snapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// Which stream.
    pub stream_id: String,
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
        let snapshot = |row: &sqlx::postgres::PgRow| {
            Ok(StoredSnapshot {
                stream_id: row.try_get("stream_id")?,
                version: row.try_get("version")?,
                fingerprint: row.try_get("fingerprint")?,
                state: row.try_get("state")?,
            })
        };
        Ok(rows.iter().map(snapshot).collect::<Result<_, sqlx::Error>>()?)
    }
}
