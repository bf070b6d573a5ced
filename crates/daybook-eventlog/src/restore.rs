//! Restoring: the events of another log, put into an empty one as they were: positions, links, times, ids and the exact texts,
//! and with them the commands, so that a retry still finds its first receipt (G5).
//!
//! All of it is one transaction under the head's lock: a restore that fails or is killed leaves an empty log. Whether the
//! events make a log (positions, links, times) is for the caller to check while they pass; versions are checked here, before
//! the commit.
//!
//! **The log keeps the identity that it was made with.** The log that was exported may live on, and then the two part ways at
//! the next event: what one of them hands over must not be taken for the other's. Nobody needs the old identity: a
//! projector recognises its rows' log by the events themselves, and a message of the old log is dropped.

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use time::OffsetDateTime;

use crate::inspect::{StoredCommand, StoredEvent};

/// The check of versions reads the whole index once.
const CHECK_TIMEOUT: &str = "SET LOCAL statement_timeout = '1h'";

/// A restore that is under way. Dropped before [`Restore::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Restore {
    connection: PgConnection,
    partition_count: u16,
}

/// Why events were not restored. The log is what it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Only into an empty log.
    #[error(
        "the log is not empty: it ends at position {0}; events are restored into an empty log only"
    )]
    NotEmpty(i64),
    /// There is no log.
    #[error("there is no log in this database; run `daybook migrate`")]
    NoLog,
    /// A stream has a gap.
    #[error("stream `{stream_id}` has {events} events, from version {first} to {last}")]
    Versions {
        /// The stream with the gap.
        stream_id: String,
        /// How many.
        events: i64,
        /// The lowest version.
        first: i64,
        /// The highest version.
        last: i64,
    },
    /// PostgreSQL is away, or refused.
    #[error("failed to write the log")]
    Database(#[from] sqlx::Error),
}

impl Restore {
    /// Locks the head of an empty log, over a new connection to the primary of a role that may append.
    ///
    /// # Errors
    /// When the log is not empty, or the database is away.
    pub async fn begin(mut connection: PgConnection) -> Result<Self, RestoreError> {
        connection.execute("BEGIN").await?;
        let row = sqlx::query(include_str!("queries/restore_lock.sql"))
            .fetch_optional(&mut connection)
            .await?
            .ok_or(RestoreError::NoLog)?;
        let position = row.try_get::<i64, _>("position")?.max(row.try_get("last_position")?);
        if position != 0 {
            return Err(RestoreError::NotEmpty(position));
        }
        let partition_count: i16 = row.try_get("partition_count")?;
        let partition_count = u16::try_from(partition_count).unwrap_or(1);
        Ok(Self { connection, partition_count })
    }

    /// How many partitions the log was made with.
    #[must_use]
    pub fn partition_count(&self) -> u16 {
        self.partition_count
    }

    /// Adds events, and the commands that begin among them.
    ///
    /// # Errors
    /// When the database refuses them.
    pub async fn add(
        &mut self,
        events: &[StoredEvent],
        commands: &[StoredCommand],
    ) -> Result<(), RestoreError> {
        let columns = |text: fn(&StoredEvent) -> &str| events.iter().map(text).collect::<Vec<_>>();
        let numbers =
            |number: fn(&StoredEvent) -> i64| events.iter().map(number).collect::<Vec<_>>();
        sqlx::query(include_str!("queries/restore_events.sql"))
            .bind(numbers(|event| event.position))
            .bind(numbers(|event| event.prev_position))
            .bind(events.iter().map(|event| event.partition).collect::<Vec<_>>())
            .bind(numbers(|event| event.version))
            .bind(events.iter().map(|event| event.recorded_at).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.event_id).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.schema_version).collect::<Vec<_>>())
            .bind(columns(|event| &event.stream_id))
            .bind(columns(|event| &event.stream_type))
            .bind(columns(|event| &event.event_type))
            .bind(columns(|event| &event.data))
            .bind(columns(|event| &event.metadata))
            .execute(&mut self.connection)
            .await?;
        sqlx::query(include_str!("queries/restore_commands.sql"))
            .bind(commands.iter().map(|command| command.command_id.as_str()).collect::<Vec<_>>())
            .bind(commands.iter().map(|command| command.first_position).collect::<Vec<_>>())
            .bind(commands.iter().map(|command| command.event_count).collect::<Vec<_>>())
            .bind(
                commands.iter().map(|command| command.content_hash.as_slice()).collect::<Vec<_>>(),
            )
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Moves the head and commits.
    ///
    /// # Errors
    /// When a stream has a gap, or the database is away.
    pub async fn commit(
        mut self,
        position: i64,
        recorded_at: OffsetDateTime,
        partition_positions: &[i64],
    ) -> Result<(), RestoreError> {
        self.connection.execute(CHECK_TIMEOUT).await?;
        let gap = sqlx::query(include_str!("queries/restore_check.sql"))
            .fetch_optional(&mut self.connection)
            .await?;
        if let Some(gap) = gap {
            return Err(RestoreError::Versions {
                stream_id: gap.try_get("stream_id")?,
                events: gap.try_get("events")?,
                first: gap.try_get("first")?,
                last: gap.try_get("last")?,
            });
        }
        sqlx::query(include_str!("queries/restore_head.sql"))
            .bind(position)
            .bind(recorded_at)
            .bind(partition_positions)
            .execute(&mut self.connection)
            .await?;
        self.connection.execute("COMMIT").await?;
        Ok(self.connection.close().await?)
    }
}
