//! GetEventHistory.

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use daybook_eventlog::{Direction, ReadError};
use daybook_proto::v1::{Event, GetEventHistoryRequest, GetEventHistoryResponse};

use super::Call;
use super::fields::{checked, event_types, min_position, version};
use super::words::{shown, timestamp};
use crate::error::{Kind, QueryError};
use crate::page::{self, PageSize};
use crate::page_token::{self, Fingerprint};
use crate::queries::get_event_history::{HistoryQuestion, get_event_history, stream_exists};

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetEventHistoryRequest,
) -> Result<GetEventHistoryResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let (question, size, list) = question(request)?;

    call.log.reach(min_position, &call.budget).await?;
    let log = &call.log.reader;
    let mut events = call.log.ask(&call.budget, get_event_history(log, &question, size)).await?;
    let stream_id = &question.stream_id;
    if events.is_empty() && !call.log.ask(&call.budget, stream_exists(log, stream_id)).await? {
        return Err(QueryError::NotFound { kind: Kind::Stream, id: stream_id.to_string() });
    }

    call.opener.open(&mut events, &call.budget).await?;
    let events = events.iter().map(event).collect::<Result<_, _>>()?;
    let (events, more) = page::cut(events, size);
    let next_page_token = match events.last() {
        Some(last) if more => page_token::encode(&list, &last.version),
        _ => String::new(),
    };
    Ok(GetEventHistoryResponse { events, next_page_token })
}

/// Checks the request. A type that no event has matches nothing; it may be one of a newer build.
fn question(
    request: GetEventHistoryRequest,
) -> Result<(HistoryQuestion, PageSize, Fingerprint), QueryError> {
    let stream_id = checked("stream_id", StreamId::parse(&request.stream_id))?;
    let from = version("from_version", request.from_version, Version::ZERO.next())?;
    let to = version("to_version", request.to_version, Version::MAX)?;
    if from > to {
        return Err(QueryError::invalid("from_version", "is after `to_version`"));
    }
    let event_types = event_types(request.event_types)?;
    let size = PageSize::parse(request.page_size)?;
    let list = Fingerprint::of(&(
        "GetEventHistory",
        (&stream_id, from, to),
        (&event_types, request.backwards),
    ));
    let direction = if request.backwards { Direction::Backwards } else { Direction::Forwards };
    let mut question = HistoryQuestion { stream_id, from, to, event_types, direction };
    if let Some(last) = page_token::decode::<Version>(&request.page_token, &list)? {
        match direction {
            Direction::Forwards => question.from = last.next(),
            Direction::Backwards => {
                question.to = checked("page_token", Version::new(last.get() - 1))?
            }
        }
    }
    Ok((question, size, list))
}

/// An event whose personal texts are opened, as the contract has it.
pub(super) fn event(event: &RecordedEvent) -> Result<Event, QueryError> {
    let metadata = event.parse_metadata().map_err(|source| {
        let (stream_id, version) = (event.stream_id.clone(), event.version);
        QueryError::Log(ReadError::Undecodable { stream_id, version, source })
    })?;
    let (reason, reason_hidden) = shown(metadata.reason.as_ref());
    Ok(Event {
        position: event.position.get(),
        stream_id: event.stream_id.to_string(),
        version: event.version.get(),
        event_type: event.event_type.to_string(),
        schema_version: event.schema_version,
        event_id: event.event_id.to_string(),
        data_json: event.data.get().to_owned(),
        metadata_json: event.metadata.get().to_owned(),
        recorded_at: timestamp(event.recorded_at),
        actor: metadata.actor.to_string(),
        reason,
        reason_hidden: reason_hidden.into(),
        correlation_id: metadata.correlation_id.to_string(),
        causation_id: metadata.causation_id.map(|id| id.to_string()).unwrap_or_default(),
        command_id: metadata.command_id.to_string(),
    })
}
