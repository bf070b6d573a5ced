//! Every event of a transfer, on all streams that it touched, from the log itself.
//!
//! Each step of a transfer is one append: its event on the transfer's stream, and beside it what it did to the accounts. So
//! the story is the events around those of the stream that are effects of the same commands.

use std::collections::BTreeMap;

use daybook_bank::transfer::TransferId;
use daybook_core::event::RecordedEvent;
use daybook_core::ids::{CommandId, Position, Version};
use daybook_eventlog::{Direction, LogReader, ReadError, StreamQuery};

use crate::error::QueryError;

/// Events of a transfer's own stream, at most: it has a handful of steps.
const STEPS_MAX: u32 = 100;

/// Events of one command, at most: a step touches three streams.
const COMMAND_EVENTS_MAX: u32 = 16;

/// The events, in the order of the log; none where there is no such transfer.
pub(crate) async fn get_transfer_story(
    log: &LogReader,
    transfer_id: &TransferId,
) -> Result<Vec<RecordedEvent>, QueryError> {
    let own = StreamQuery {
        stream_id: transfer_id.stream_id(),
        from_version: Version::ZERO,
        to_version: Version::MAX,
        event_types: Vec::new(),
        direction: Direction::Forwards,
        limit: STEPS_MAX,
    };
    let mut story = BTreeMap::new();
    for step in log.read_stream(&own).await? {
        let command_id = command_of(&step)?;
        let position = step.position.get();
        let before = position.saturating_sub(i64::from(COMMAND_EVENTS_MAX));
        let around = 2 * COMMAND_EVENTS_MAX;
        for event in log.read_log(Position::new(before).unwrap_or_default(), around).await? {
            if command_of(&event)? == command_id {
                story.insert(event.position, event);
            }
        }
        story.insert(step.position, step);
    }
    Ok(story.into_values().collect())
}

fn command_of(event: &RecordedEvent) -> Result<CommandId, ReadError> {
    let metadata = event.parse_metadata().map_err(|source| {
        let (stream_id, version) = (event.stream_id.clone(), event.version);
        ReadError::Undecodable { stream_id, version, source }
    })?;
    Ok(metadata.command_id)
}
