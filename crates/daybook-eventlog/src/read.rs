//! Reading the log: in order from a position, one stream between versions, the head.
//!
//! By G3 a reader's cursor is one integer: whoever sees position p can see every position below it. Every read is one
//! short statement; nobody keeps a snapshot open for longer than a page. Reads go to the primary.

mod backlog;
mod stored;

pub use backlog::Backlog;

use daybook_core::event::RecordedEvent;
use daybook_core::ids::{Position, Version};
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use sqlx::{PgPool, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::ReadError;
use crate::head::{self, Head, Identity};
use crate::row::recorded_event;

/// Positions of which at least one in so many is wanted are read with what lies in between: looked up one by one, a
/// thousand take three to seven times as long.
const CLOSE_TOGETHER: usize = 2;

/// Which way a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forwards,
    /// Newest first.
    Backwards,
}

/// A part of one stream.
#[derive(Debug, Clone)]
pub struct StreamQuery {
    /// Which stream.
    pub stream_id: StreamId,
    /// First version.
    pub from_version: Version,
    /// Last version, inclusive.
    pub to_version: Version,
    /// Only these types; none: all.
    pub event_types: Vec<String>,
    /// Which way.
    pub direction: Direction,
    /// At most this many events.
    pub limit: u32,
}

/// Reads the log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogReader {
    pool: PgPool,
}

impl LogReader {
    /// A reader over connections to the log's database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Where the log ends.
    ///
    /// # Errors
    /// When the database is away or holds no log.
    pub async fn head(&self) -> Result<Head, ReadError> {
        head::read_head(&self.pool).await
    }

    /// Which log it is.
    ///
    /// # Errors
    /// When the database is away or holds no log.
    pub async fn identity(&self) -> Result<Identity, ReadError> {
        head::read_identity(&self.pool).await
    }

    /// The events after a position, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database is away or an event is corrupt.
    pub async fn read_log(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        sqlx::query(include_str!("queries/read_log.sql"))
            .bind(after.get())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(recorded_event)
            .collect()
    }

    /// The events at `positions`, which are in order, and of one moment; where they lie close together also those in
    /// between. Where the log has none it gives none.
    ///
    /// # Errors
    /// When the database is away or an event is corrupt.
    pub async fn read_log_at(
        &self,
        positions: &[Position],
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let positions: Vec<i64> = positions.iter().map(|position| position.get()).collect();
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
            return Ok(Vec::new());
        };
        let span = usize::try_from(last.saturating_sub(*first)).unwrap_or(usize::MAX);
        let query = if span < positions.len().saturating_mul(CLOSE_TOGETHER) {
            sqlx::query(include_str!("queries/read_log_between.sql")).bind(*first).bind(*last)
        } else {
            sqlx::query(include_str!("queries/read_log_at.sql")).bind(positions)
        };
        query.fetch_all(&self.pool).await?.iter().map(recorded_event).collect()
    }

    /// A part of one stream. None of its events is missing; no event at all means that the stream has none there.
    ///
    /// # Errors
    /// When the database is away or an event is corrupt.
    pub async fn read_stream(&self, query: &StreamQuery) -> Result<Vec<RecordedEvent>, ReadError> {
        let statement = match query.direction {
            Direction::Forwards => include_str!("queries/read_stream_forwards.sql"),
            Direction::Backwards => include_str!("queries/read_stream_backwards.sql"),
        };
        sqlx::query(statement)
            .bind(query.stream_id.as_str())
            .bind(query.from_version.get())
            .bind(query.to_version.get())
            .bind(&query.event_types)
            .bind(i64::from(query.limit))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(recorded_event)
            .collect()
    }

    /// The streams of a type, in the order of their ids, each with its version: at most `limit` of those after `after`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn streams_of_type(
        &self,
        stream_type: &str,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<(StreamId, Version)>, ReadError> {
        let first = format!("{stream_type}-");
        let rows = sqlx::query(include_str!("queries/read_streams_of_type.sql"))
            .bind(after.map_or(first.as_str(), StreamId::as_str))
            .bind(format!("{stream_type}."))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let corrupt = |source| ReadError::Corrupt { position: Position::ZERO, source };
                let stream_id = StreamId::parse(row.try_get("stream_id")?).map_err(corrupt)?;
                let version = Version::new(row.try_get("version")?).map_err(corrupt)?;
                Ok((stream_id, version))
            })
            .collect()
    }

    /// Where the events of a command are, if it had its effect: first and last position. They are contiguous.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn positions_of_command(
        &self,
        command_id: &str,
    ) -> Result<Option<(Position, Position)>, ReadError> {
        let row = sqlx::query(include_str!("queries/read_positions_of_command.sql"))
            .bind(command_id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            let (first, last) = (row.try_get("first_position")?, row.try_get("last_position")?);
            let position = |number| Position::new(number).unwrap_or_default();
            Ok((position(first), position(last)))
        })
        .transpose()
    }

    /// When the event at `position` was recorded, if there is one.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub async fn recorded_at(
        &self,
        position: Position,
    ) -> Result<Option<OffsetDateTime>, sqlx::Error> {
        sqlx::query_scalar(include_str!("queries/read_recorded_at.sql"))
            .bind(position.get())
            .fetch_optional(&self.pool)
            .await
    }

    /// Which event stands at a position, if any.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn event_id_at(&self, position: Position) -> Result<Option<Uuid>, ReadError> {
        head::read_event_id_at(&self.pool, position).await
    }

    /// The first event of a partition after a position: where it is and when it was recorded.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn first_after(
        &self,
        partition: Partition,
        after: Position,
    ) -> Result<Option<(Position, OffsetDateTime)>, ReadError> {
        let row = sqlx::query(include_str!("queries/read_first_after.sql"))
            .bind(after.get())
            .bind(i32::from(partition.0))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            let position = Position::new(row.try_get("position")?).unwrap_or_default();
            Ok((position, row.try_get("recorded_at")?))
        })
        .transpose()
    }
}
