//! A batch with the place of every event, known before anything is sent.

use daybook_core::event::{NewEvent, RecordedEvent};
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Batch, NewCommand, clock};
use crate::command::Receipt;
use crate::head::{Head, Tip};

/// An event with its place. Its partition is computed here, once, and stored with it.
#[derive(Debug, Clone)]
pub struct PlannedEvent {
    /// Its place in the log, if the plan is appended.
    pub position: Position,
    /// The place of the event before it in its partition.
    pub prev_position: Position,
    /// Its partition.
    pub partition: Partition,
    /// The event.
    pub event: NewEvent,
}

/// A batch that continues a known head.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the head must stand for the plan to hold.
    pub expected_head: Position,
    /// Where it stands afterwards.
    pub new_head: Position,
    /// Last position of each partition afterwards.
    pub partition_positions: Vec<Position>,
    /// The commands, in the order of their events.
    pub commands: Vec<NewCommand>,
    /// The events, in order.
    pub events: Vec<PlannedEvent>,
    /// When the head that it continues was recorded; its events are no earlier.
    pub(super) head_recorded_at: OffsetDateTime,
    /// The time in the future that one of its events accepts.
    pub(super) accepts_time: Option<OffsetDateTime>,
}

impl Plan {
    /// Gives every event of `batch` its place after `head`.
    #[must_use]
    pub fn new(batch: Batch, head: &Head) -> Self {
        let mut partition_positions = head.partition_positions.clone();
        let mut position = head.position;
        let accepts_time = clock::accepts(&batch);
        let events = batch
            .events
            .into_iter()
            .map(|event| {
                position = position.next();
                let partition = Partition::of(&event.stream_id, head.partition_count());
                let last = &mut partition_positions[partition.index()];
                let prev_position = std::mem::replace(last, position);
                PlannedEvent { position, prev_position, partition, event }
            })
            .collect();
        Self {
            expected_head: head.position,
            new_head: position,
            partition_positions,
            commands: batch.commands,
            events,
            head_recorded_at: head.recorded_at,
            accepts_time,
        }
    }

    /// The last event, once the plan is appended.
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        let last = self.events.last()?;
        Some(Tip { position: last.position, event_id: last.event.event_id })
    }

    /// The head, once the plan is appended.
    #[must_use]
    pub fn head_after(&self, recorded_at: OffsetDateTime) -> Head {
        Head {
            position: self.new_head,
            recorded_at,
            partition_positions: self.partition_positions.clone(),
        }
    }

    /// The receipt of each command, in order, once the plan is appended.
    #[must_use]
    pub fn receipts(&self, recorded_at: OffsetDateTime) -> Vec<Receipt> {
        let mut events = self.events.iter();
        self.commands
            .iter()
            .map(|command| {
                let mut receipt =
                    Receipt { position: self.expected_head, recorded_at, streams: Vec::new() };
                for planned in events.by_ref().take(command.event_count) {
                    let event = &planned.event;
                    receipt.add(&event.stream_id, event.version, planned.position);
                }
                receipt
            })
            .collect()
    }

    /// The events as the log has them, once the plan is appended.
    #[must_use]
    pub fn into_recorded(self, recorded_at: OffsetDateTime) -> Vec<RecordedEvent> {
        let recorded = |planned: PlannedEvent| {
            let event = planned.event;
            RecordedEvent {
                position: planned.position,
                prev_position: planned.prev_position,
                partition: planned.partition,
                stream_id: event.stream_id,
                version: event.version,
                event_type: event.event_type.into(),
                schema_version: event.schema_version,
                event_id: event.event_id,
                data: event.data,
                metadata: (*event.metadata).to_owned(),
                recorded_at,
            }
        };
        self.events.into_iter().map(recorded).collect()
    }

    /// The columns, each as one array.
    pub(super) fn arrays(&self) -> Arrays<'_> {
        let mut first = self.expected_head.get();
        let first_positions = self
            .commands
            .iter()
            .map(|command| {
                let start = first + 1;
                first += i64::try_from(command.event_count).unwrap_or(i64::MAX);
                start
            })
            .collect();
        let events = || self.events.iter();
        Arrays {
            partition_positions: self.partition_positions.iter().map(|p| p.get()).collect(),
            command_ids: self.commands.iter().map(|c| c.command_id.as_str()).collect(),
            first_positions,
            event_counts: self
                .commands
                .iter()
                .map(|c| i32::try_from(c.event_count).unwrap_or(i32::MAX))
                .collect(),
            content_hashes: self.commands.iter().map(|c| c.content_hash.as_slice()).collect(),
            positions: events().map(|e| e.position.get()).collect(),
            prev_positions: events().map(|e| e.prev_position.get()).collect(),
            partitions: events().map(|e| i32::from(e.partition.0)).collect(),
            versions: events().map(|e| e.event.version.get()).collect(),
            event_ids: events().map(|e| e.event.event_id).collect(),
            schema_versions: events().map(|e| e.event.schema_version).collect(),
            stream_ids: events().map(|e| e.event.stream_id.as_str()).collect(),
            stream_types: events().map(|e| e.event.stream_id.stream_type()).collect(),
            event_types: events().map(|e| e.event.event_type).collect(),
            data: events().map(|e| e.event.data.get()).collect(),
            metadata: events().map(|e| e.event.metadata.get()).collect(),
        }
    }
}

/// One array a column of `queries/append.sql`.
pub(super) struct Arrays<'a> {
    pub(super) partition_positions: Vec<i64>,
    pub(super) command_ids: Vec<&'a str>,
    pub(super) first_positions: Vec<i64>,
    pub(super) event_counts: Vec<i32>,
    pub(super) content_hashes: Vec<&'a [u8]>,
    pub(super) positions: Vec<i64>,
    pub(super) prev_positions: Vec<i64>,
    pub(super) partitions: Vec<i32>,
    pub(super) versions: Vec<i64>,
    pub(super) event_ids: Vec<Uuid>,
    pub(super) schema_versions: Vec<i32>,
    pub(super) stream_ids: Vec<&'a str>,
    pub(super) stream_types: Vec<&'a str>,
    pub(super) event_types: Vec<&'a str>,
    pub(super) data: Vec<&'a str>,
    pub(super) metadata: Vec<&'a str>,
}
