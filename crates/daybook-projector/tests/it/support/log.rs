//! Puts events into a log as the command service would, but any event and at any time.

use daybook_core::event::{EventPayload as _, RecordedEvent};
use daybook_core::ids::{Position, Version};
use daybook_core::metadata::Metadata;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_domains::DaybookEvent;
use daybook_outbox::Origin;
use serde_json::value::RawValue;
use sqlx::PgPool;
use std::collections::HashMap;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::PARTITIONS;

pub(crate) struct TestLog {
    pub(crate) origin: Origin,
    pool: PgPool,
    position: i64,
    partition_positions: Vec<i64>,
    versions: HashMap<String, i64>,
}

impl TestLog {
    pub(crate) fn new(pool: PgPool, origin: Origin) -> Self {
        let partition_positions = vec![0; usize::from(PARTITIONS)];
        Self { origin, pool, position: 0, partition_positions, versions: HashMap::new() }
    }

    /// The next events as they would be, for messages whose events the log never had. The log knows nothing of them.
    pub(crate) fn never_appended(&self, events: &[(&str, DaybookEvent)]) -> Vec<RecordedEvent> {
        let mut log = Self {
            origin: self.origin,
            pool: self.pool.clone(),
            position: self.position,
            partition_positions: self.partition_positions.clone(),
            versions: self.versions.clone(),
        };
        let mut next = |(stream, event): &(&str, DaybookEvent)| {
            log.next(stream, event.event_type(), event.encode().unwrap().get())
        };
        events.iter().map(&mut next).collect()
    }

    /// Appends events in one transaction, each on its stream.
    pub(crate) async fn append(&mut self, events: &[(&str, DaybookEvent)]) -> Vec<RecordedEvent> {
        let raw: Vec<_> = events
            .iter()
            .map(|(stream, event)| {
                (*stream, event.event_type(), event.encode().unwrap().to_string())
            })
            .collect();
        self.append_raw(&raw).await
    }

    /// The position that the next event gets.
    pub(crate) fn next_position(&self) -> i64 {
        self.position + 1
    }

    /// As [`Self::append`], with any event type and data.
    pub(crate) async fn append_raw(
        &mut self,
        events: &[(&str, &str, String)],
    ) -> Vec<RecordedEvent> {
        let next: Vec<_> =
            events.iter().map(|(stream, kind, data)| self.next(stream, kind, data)).collect();
        self.insert(next).await
    }

    /// As [`Self::append`], with any metadata.
    pub(crate) async fn append_with(
        &mut self,
        events: &[(&str, DaybookEvent, Metadata)],
    ) -> Vec<RecordedEvent> {
        let next = |(stream, event, metadata): &(&str, DaybookEvent, Metadata)| {
            let metadata = serde_json::value::to_raw_value(metadata).unwrap();
            let next = self.next(stream, event.event_type(), event.encode().unwrap().get());
            RecordedEvent { metadata, ..next }
        };
        let next: Vec<_> = events.iter().map(next).collect();
        self.insert(next).await
    }

    /// Inserts the next events, in one transaction.
    async fn insert(&mut self, events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        let mut tx = self.pool.begin().await.unwrap();
        for event in &events {
            sqlx::query(
                "INSERT INTO log.events (position, prev_position, version, recorded_at, event_id, schema_version,
                     partition, stream_id, stream_type, event_type, data, metadata)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json, $12::json)",
            )
            .bind(event.position.get())
            .bind(event.prev_position.get())
            .bind(event.version.get())
            .bind(event.recorded_at)
            .bind(event.event_id)
            .bind(event.schema_version)
            .bind(i16::try_from(event.partition.0).unwrap())
            .bind(event.stream_id.as_str())
            .bind(event.stream_id.stream_type())
            .bind(&*event.event_type)
            .bind(event.data.get())
            .bind(event.metadata.get())
            .execute(&mut *tx)
            .await
            .unwrap();
        }
        sqlx::query(
            "UPDATE log.head SET position = $1, recorded_at = $2, partition_positions = $3",
        )
        .bind(self.position)
        .bind(recorded_at(self.position))
        .bind(&self.partition_positions)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        events
    }

    /// Takes the log back to `position`, as a restore would, and forgets what came after.
    pub(crate) async fn cut_back_to(&mut self, position: i64) {
        let mut connection = self.pool.acquire().await.unwrap();
        sqlx::raw_sql("ALTER TABLE log.events DISABLE TRIGGER events_append_only")
            .execute(&mut *connection)
            .await
            .unwrap();
        sqlx::query("DELETE FROM log.events WHERE position > $1")
            .bind(position)
            .execute(&mut *connection)
            .await
            .unwrap();
        let left: Vec<(i16, String, i64, i64)> = sqlx::query_as(
            "SELECT partition, stream_id, version, position FROM log.events ORDER BY position",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap();
        *self = Self::new(self.pool.clone(), self.origin);
        for (partition, stream, version, position) in left {
            self.partition_positions[usize::try_from(partition).unwrap()] = position;
            self.versions.insert(stream, version);
        }
        self.position = position;
        sqlx::query("UPDATE log.head SET position = $1, partition_positions = $2")
            .bind(position)
            .bind(&self.partition_positions)
            .execute(&mut *connection)
            .await
            .unwrap();
    }

    fn next(&mut self, stream: &str, event_type: &str, data: &str) -> RecordedEvent {
        let stream_id = StreamId::parse(stream).unwrap();
        let partition = Partition::of(&stream_id, PARTITIONS);
        let last = &mut self.partition_positions[partition.index()];
        self.position += 1;
        let prev_position = std::mem::replace(last, self.position);
        let version = self.versions.entry(stream.to_owned()).or_default();
        *version += 1;
        RecordedEvent {
            position: Position::new(self.position).unwrap(),
            prev_position: Position::new(prev_position).unwrap(),
            partition,
            stream_id,
            version: Version::new(*version).unwrap(),
            event_type: event_type.into(),
            schema_version: 1,
            event_id: Uuid::now_v7(),
            data: RawValue::from_string(data.to_owned()).unwrap(),
            metadata: metadata(self.position),
            recorded_at: recorded_at(self.position),
        }
    }
}

/// One second an event, so that many cross midnight.
fn recorded_at(position: i64) -> OffsetDateTime {
    datetime!(2026-11-23 23:59:00 UTC) + time::Duration::seconds(position)
}

fn metadata(position: i64) -> Box<RawValue> {
    let text = serde_json::json!({
        "actor": format!("teller-{}", position % 3),
        "correlation_id": format!("operation-{position}"),
        "command_id": format!("command-{position}"),
        "reason": { "plain": format!("because of {position}") },
    });
    RawValue::from_string(text.to_string()).unwrap()
}

/// A message that every projector has had: nothing changes by it.
pub(crate) fn ghost() -> RecordedEvent {
    RecordedEvent {
        position: Position::ZERO,
        prev_position: Position::ZERO,
        partition: Partition(0),
        stream_id: StreamId::parse("ghost-1").unwrap(),
        version: Version::ZERO,
        event_type: "ghost".into(),
        schema_version: 1,
        event_id: Uuid::nil(),
        data: RawValue::from_string("{}".into()).unwrap(),
        metadata: RawValue::from_string("{}".into()).unwrap(),
        recorded_at: OffsetDateTime::UNIX_EPOCH,
    }
}
