//! Sending a plan: one statement, one transaction.

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use time::OffsetDateTime;

use super::{NewCommand, Plan, PlannedEvent};

/// What the server answered.
pub(super) struct Sent {
    /// When the events were committed; `None`: nothing was appended.
    pub(super) recorded_at: Option<OffsetDateTime>,
    /// By how much that is later than the clock, in seconds.
    pub(super) clamp_seconds: f64,
    /// The database's clock.
    pub(super) clock: OffsetDateTime,
}

impl Plan {
    /// Appends, unless the head is elsewhere or its events would have a time after `time_max`.
    pub(super) async fn send(
        &self,
        connection: &mut PgConnection,
        time_max: OffsetDateTime,
    ) -> Result<Sent, sqlx::Error> {
        let row = match (&self.commands[..], &self.events[..]) {
            ([command], [event]) => self.send_one(connection, command, event, time_max).await?,
            _ => self.send_all(connection, time_max).await?,
        };
        Ok(Sent {
            recorded_at: row.try_get("recorded_at")?,
            clamp_seconds: row.try_get::<Option<f64>, _>("clamp_seconds")?.unwrap_or_default(),
            clock: row.try_get("clock")?,
        })
    }

    async fn send_one(
        &self,
        connection: &mut PgConnection,
        command: &NewCommand,
        planned: &PlannedEvent,
        time_max: OffsetDateTime,
    ) -> Result<PgRow, sqlx::Error> {
        let event = &planned.event;
        sqlx::query(include_str!("../queries/append_one.sql"))
            .bind(self.expected_head.get())
            .bind(self.new_head.get())
            .bind(self.partition_positions.iter().map(|p| p.get()).collect::<Vec<_>>())
            .bind(command.command_id.as_str())
            .bind(command.content_hash.as_slice())
            .bind(planned.position.get())
            .bind(planned.prev_position.get())
            .bind(i32::from(planned.partition.0))
            .bind(event.version.get())
            .bind(event.event_id)
            .bind(event.schema_version)
            .bind(event.stream_id.as_str())
            .bind(event.stream_id.stream_type())
            .bind(event.event_type)
            .bind(event.data.get())
            .bind(event.metadata.get())
            .bind(time_max)
            .fetch_one(connection)
            .await
    }

    async fn send_all(
        &self,
        connection: &mut PgConnection,
        time_max: OffsetDateTime,
    ) -> Result<PgRow, sqlx::Error> {
        let arrays = self.arrays();
        sqlx::query(include_str!("../queries/append.sql"))
            .bind(self.expected_head.get())
            .bind(self.new_head.get())
            .bind(arrays.partition_positions)
            .bind(arrays.command_ids)
            .bind(arrays.first_positions)
            .bind(arrays.event_counts)
            .bind(arrays.content_hashes)
            .bind(arrays.positions)
            .bind(arrays.prev_positions)
            .bind(arrays.partitions)
            .bind(arrays.versions)
            .bind(arrays.event_ids)
            .bind(arrays.schema_versions)
            .bind(arrays.stream_ids)
            .bind(arrays.stream_types)
            .bind(arrays.event_types)
            .bind(arrays.data)
            .bind(arrays.metadata)
            .bind(time_max)
            .fetch_one(connection)
            .await
    }
}
