//! Where the log ends, and which log it is.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::ReadError;

/// Where the log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event; zero while the log is empty.
    pub position: Position,
    /// When the last event was recorded.
    pub recorded_at: OffsetDateTime,
    /// For each partition the position of its last event; zero while it has none.
    pub partition_positions: Vec<Position>,
}

impl Head {
    /// How many partitions the log has.
    #[must_use]
    pub fn partition_count(&self) -> u16 {
        u16::try_from(self.partition_positions.len()).unwrap_or(u16::MAX)
    }

    /// Position of the last event in a partition.
    #[must_use]
    pub fn last_in(&self, partition: Partition) -> Position {
        self.partition_positions.get(partition.index()).copied().unwrap_or_default()
    }
}

/// Which log it is, and which of its histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Made with the log.
    pub log_id: Uuid,
    /// PostgreSQL's timeline: another one after a failover or a restore.
    pub timeline: u32,
    /// How many partitions the log has; fixed.
    pub partition_count: u16,
}

impl Identity {
    /// Log and history in one text, for clients to compare.
    #[must_use]
    pub fn history(&self) -> String {
        format!("{}/{}", self.log_id, self.timeline)
    }
}

/// The last event that somebody knows. Another event, or none, at its position means that the log lost its tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Where it is.
    pub position: Position,
    /// Which one it is.
    pub event_id: Uuid,
}

pub(crate) fn head_from_row(row: &PgRow) -> Result<Head, ReadError> {
    let position = |number: i64| Position::new(number).unwrap_or_default();
    Ok(Head {
        position: position(row.try_get("position")?),
        recorded_at: row.try_get("recorded_at")?,
        partition_positions: row
            .try_get::<Vec<i64>, _>("partition_positions")?
            .into_iter()
            .map(position)
            .collect(),
    })
}

pub(crate) async fn read_head(executor: impl PgExecutor<'_>) -> Result<Head, ReadError> {
    let row = sqlx::query(include_str!("queries/read_head.sql"))
        .fetch_optional(executor)
        .await?
        .ok_or(ReadError::NoLog)?;
    head_from_row(&row)
}

pub(crate) async fn read_identity(executor: impl PgExecutor<'_>) -> Result<Identity, ReadError> {
    let row = sqlx::query(include_str!("queries/read_identity.sql"))
        .fetch_optional(executor)
        .await?
        .ok_or(ReadError::NoLog)?;
    let timeline: String = row.try_get("timeline")?;
    let partition_count: i16 = row.try_get("partition_count")?;
    Ok(Identity {
        log_id: row.try_get("log_id")?,
        timeline: u32::from_str_radix(&timeline, 16).unwrap_or_default(),
        partition_count: u16::try_from(partition_count).unwrap_or(1),
    })
}

pub(crate) async fn read_event_id_at(
    executor: impl PgExecutor<'_>,
    position: Position,
) -> Result<Option<Uuid>, ReadError> {
    Ok(sqlx::query_scalar(include_str!("queries/read_event_id_at.sql"))
        .bind(position.get())
        .fetch_optional(executor)
        .await?)
}
