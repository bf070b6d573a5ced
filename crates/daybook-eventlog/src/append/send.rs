//! Sending a plan: one statement, one transaction.

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use super::{Appended, NewCommand, Plan, PlannedEvent};

impl Plan {
    pub(super) async fn send(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Appended, sqlx::Error> {
        let row = match (&self.commands[..], &self.events[..]) {
            ([command], [event]) => self.send_one(connection, command, event).await?,
            _ => self.send_all(connection).await?,
        };
        let Some(row) = row else { return Ok(Appended::HeadMoved) };
        let clamp_seconds: f64 = row.try_get("clamp_seconds")?;
        if clamp_seconds > 1.0 {
            metrics::counter!("daybook_clock_clamps_total").increment(1);
            tracing::error!(
                clamp_seconds,
                "the clock of PostgreSQL went back; events carry the last time until it has caught up"
            );
        }
        Ok(Appended::Committed { recorded_at: row.try_get("recorded_at")? })
    }

    async fn send_one(
        &self,
        connection: &mut PgConnection,
        command: &NewCommand,
        planned: &PlannedEvent,
    ) -> Result<Option<PgRow>, sqlx::Error> {
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
            .bind(event.data.as_str())
            .bind(&*event.metadata)
            .fetch_optional(connection)
            .await
    }

    async fn send_all(&self, connection: &mut PgConnection) -> Result<Option<PgRow>, sqlx::Error> {
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
            .fetch_optional(connection)
            .await
    }
}
