//! Restoring exported events: a line of JSON is an event again, and its command where it begins with it.
//!
//! The file is believed in nothing: positions, links, partitions and times are checked while they pass, by the rules of
//! `daybook verify`; versions by the log before it commits.

use anyhow::{Context, anyhow, ensure};
use daybook_eventlog::inspect::{StoredCommand, StoredEvent};
use daybook_verify::{Findings, LogCheck as _, Order};
use serde::Deserialize;

use crate::export::events::{command_id, unhex};
use crate::export::table::parse_time_text;

/// A line of the file; see `export::events`. A column that this build does not know would be lost in silence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    position: i64,
    prev_position: i64,
    partition: i16,
    stream_id: String,
    version: i64,
    stream_type: String,
    event_type: String,
    schema_version: i32,
    event_id: uuid::Uuid,
    recorded_at: String,
    data: String,
    metadata: String,
    command_first_position: Option<i64>,
    command_event_count: Option<i32>,
    command_content_hash: Option<String>,
}

/// Reads lines, and remembers of what it has read where the log then ends.
pub(crate) struct Reader {
    order: Order,
    last: Option<StoredEvent>,
    /// The command that is under way, and the position of its last event.
    command: Option<(String, i64)>,
}

impl Reader {
    pub(crate) fn new(partition_count: u16) -> Self {
        Self { order: Order::new(partition_count, i64::MAX), last: None, command: None }
    }

    /// The event of the next line, and its command where it is its first event.
    pub(crate) fn read(
        &mut self,
        text: &str,
    ) -> anyhow::Result<(StoredEvent, Option<StoredCommand>)> {
        let line: Line = serde_json::from_str(text).context("not an exported event")?;
        let (first, count) = (line.command_first_position, line.command_event_count);
        let hash = line.command_content_hash.as_deref().and_then(unhex);
        let event = event(line)?;
        self.check(&event)?;
        let id = command_id(&event).ok_or_else(|| anyhow!("metadata cannot be read"))?;
        let (Some(first_position), Some(event_count), Some(content_hash)) = (first, count, hash)
        else {
            return Err(anyhow!("the event's command is missing; it was not exported with it"));
        };
        let command = self.command(&event, id, first_position, event_count)?.map(|command_id| {
            let first_event_command_id = None;
            StoredCommand {
                command_id,
                first_position,
                event_count,
                content_hash,
                first_event_command_id,
            }
        });
        self.last = Some(event.clone());
        Ok((event, command))
    }

    fn check(&mut self, event: &StoredEvent) -> anyhow::Result<()> {
        let mut findings = Findings::new(1);
        self.order.event(event, &mut findings);
        match findings.kept().first() {
            Some(finding) if finding.rule == "partition" => Err(anyhow!(
                "{finding}; make the log with as many partitions as the exported one had"
            )),
            Some(finding) => Err(anyhow!("{finding}")),
            None => Ok(()),
        }
    }

    /// The id of the event's command, where it begins with this event.
    fn command(
        &mut self,
        event: &StoredEvent,
        id: String,
        first: i64,
        count: i32,
    ) -> anyhow::Result<Option<String>> {
        let last = first.saturating_add(i64::from(count)).saturating_sub(1);
        let within = event.position >= first && event.position <= last;
        ensure!(within, "command `{id}` has positions {first} to {last}, and this is not one");
        if event.position > first {
            let known = self.command.as_ref() == Some(&(id.clone(), last));
            ensure!(known, "command `{id}` does not begin at position {first}");
            return Ok(None);
        }
        self.ended()?;
        self.command = Some((id.clone(), last));
        Ok(Some(id))
    }

    /// The command under way must have come to its end.
    fn ended(&self) -> anyhow::Result<()> {
        let reached = self.last.as_ref().map_or(0, |event| event.position);
        match &self.command {
            Some((id, last)) if *last != reached => {
                Err(anyhow!("the events of command `{id}` go on to position {last}"))
            }
            _ => Ok(()),
        }
    }

    /// The last event, and for each partition the position of its last one; `None` where there was no event.
    pub(crate) fn end(self) -> anyhow::Result<Option<(StoredEvent, Vec<i64>)>> {
        self.ended()?;
        let partition_positions = self.order.partition_positions().to_vec();
        Ok(self.last.map(|last| (last, partition_positions)))
    }
}

fn event(line: Line) -> anyhow::Result<StoredEvent> {
    let recorded_at = parse_time_text(&line.recorded_at)
        .with_context(|| format!("recorded_at: `{}` is no time", line.recorded_at))?;
    Ok(StoredEvent {
        position: line.position,
        prev_position: line.prev_position,
        partition: line.partition,
        stream_id: line.stream_id,
        version: line.version,
        stream_type: line.stream_type,
        event_type: line.event_type,
        schema_version: line.schema_version,
        event_id: line.event_id,
        data: line.data,
        metadata: line.metadata,
        recorded_at,
    })
}
