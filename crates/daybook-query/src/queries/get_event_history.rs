//! The events of one stream, from the log itself.

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use daybook_eventlog::{Direction, LogReader, StreamQuery};

use crate::error::QueryError;
use crate::page::{PAGE_BYTES_MAX, PageSize};

/// Events read at once. Together they have at most 2 MiB of payload, so that a page is put together in little memory
/// even where every event is as long as one may be.
const CHUNK_EVENTS: usize = 32;

/// Which events of which stream.
#[derive(Debug)]
pub(crate) struct HistoryQuestion {
    pub(crate) stream_id: StreamId,
    /// First version.
    pub(crate) from: Version,
    /// Last version, inclusive.
    pub(crate) to: Version,
    /// None: all.
    pub(crate) event_types: Vec<String>,
    pub(crate) direction: Direction,
}

/// A page of events and, where it is short of bytes, perhaps fewer than asked for; one more than the page holds tells
/// that there is a next one.
pub(crate) async fn get_event_history(
    log: &LogReader,
    question: &HistoryQuestion,
    size: PageSize,
) -> Result<Vec<RecordedEvent>, QueryError> {
    let wanted = size.rows() + 1;
    let (mut from, mut to) = (question.from, question.to);
    let mut events: Vec<RecordedEvent> = Vec::new();
    let mut bytes = 0;
    while events.len() < wanted && bytes <= PAGE_BYTES_MAX && from <= to {
        let chunk = (wanted - events.len()).min(CHUNK_EVENTS);
        let found = log
            .read_stream(&StreamQuery {
                stream_id: question.stream_id.clone(),
                from_version: from,
                to_version: to,
                event_types: question.event_types.clone(),
                direction: question.direction,
                limit: u32::try_from(chunk).expect("a chunk is small"),
            })
            .await?;
        let Some(last) = found.last().map(|event| event.version) else { break };
        match (question.direction, Version::new(last.get() - 1)) {
            (Direction::Forwards, _) => from = last.next(),
            (Direction::Backwards, Ok(before)) => to = before,
            (Direction::Backwards, Err(_)) => break,
        }
        let complete = found.len() < chunk;
        bytes += found.iter().map(payload_bytes).sum::<usize>();
        events.extend(found);
        if complete {
            break;
        }
    }
    Ok(events)
}

/// Whether the stream has any event at all.
pub(crate) async fn stream_exists(
    log: &LogReader,
    stream_id: &StreamId,
) -> Result<bool, QueryError> {
    let first = StreamQuery {
        stream_id: stream_id.clone(),
        from_version: Version::ZERO,
        to_version: Version::MAX,
        event_types: Vec::new(),
        direction: Direction::Forwards,
        limit: 1,
    };
    Ok(!log.read_stream(&first).await?.is_empty())
}

fn payload_bytes(event: &RecordedEvent) -> usize {
    event.data.get().len() + event.metadata.get().len()
}
