//! What the log says about itself.

use sqlx::Row as _;
use time::OffsetDateTime;

use super::Inspector;
use crate::error::ReadError;

/// What the log says about itself, all of it in one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Rows of `log.head`; one is right.
    pub heads: i64,
    /// Where the head says that the log ends.
    pub position: i64,
    /// When the head says that the last event was recorded.
    pub recorded_at: OffsetDateTime,
    /// For each partition the position that the head says is its last.
    pub partition_positions: Vec<i64>,
    /// How many partitions the log was made with.
    pub partition_count: u16,
    /// The highest position of an event; zero where there is none.
    pub last_position: i64,
}

impl Inspector {
    /// What the log says about itself.
    ///
    /// # Errors
    /// When the database is away or holds no log.
    pub async fn outline(&self) -> Result<Outline, ReadError> {
        let row = sqlx::query(include_str!("../queries/inspect_outline.sql"))
            .fetch_optional(&self.pool)
            .await?
            .ok_or(ReadError::NoLog)?;
        let partition_count: i16 = row.try_get("partition_count")?;
        Ok(Outline {
            heads: row.try_get("heads")?,
            position: row.try_get("position")?,
            recorded_at: row.try_get("recorded_at")?,
            partition_positions: row.try_get("partition_positions")?,
            partition_count: u16::try_from(partition_count).unwrap_or(1),
            last_position: row.try_get("last_position")?,
        })
    }
}
