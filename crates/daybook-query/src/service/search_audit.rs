//! SearchAudit.

use daybook_core::ids::{Actor, CausationId, CorrelationId, Position};
use daybook_core::stream::StreamId;
use daybook_core::words::{has_words, holds_words};
use daybook_eventlog::Direction;
use daybook_keys::{KeyStoreAway, REASON};
use daybook_proto::v1::{AuditEvent, Money, SearchAuditRequest, SearchAuditResponse};
use time::OffsetDateTime;

use super::Call;
use super::fields::{
    checked, event_types, min_position, optional, optional_currency, optional_time, position,
};
use super::words::{shown_of_row, timestamp};
use crate::consistency::View;
use crate::error::QueryError;
use crate::page::{self, PageSize};
use crate::page_token::{self, Fingerprint};
use crate::personal::{RowKeys, RowText};
use crate::queries::search_audit::{
    AUDIT, AuditFilter, AuditPage, AuditRow, Cause, Sought, event_types_of, position_before,
    search_audit,
};

/// Longest text that reasons are searched for, in bytes.
const REASON_BYTES_MAX: usize = 200;

pub(super) async fn answer(
    call: &Call<'_>,
    request: SearchAuditRequest,
) -> Result<SearchAuditResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let range = Range::of(&request)?;
    let size = PageSize::parse(request.page_size)?;
    let mut filter = filter(&request)?;
    let list = fingerprint(&request);
    let token: Option<Position> = page_token::decode(&request.page_token, &list)?;
    if let Some(cause) = &mut filter.caused_by {
        let own = call.log.reader.positions_of_command(cause.id.as_str());
        cause.own = call.log.ask(&call.budget, own).await?;
    }
    if let Some(sought) = &mut filter.reason {
        let key = call.opener.word_key(&call.budget).await?;
        sought.sealed = key.map(|key| key.words(&sought.text));
    }

    let mut view = call.view_of_all(&[AUDIT], min_position).await?;
    let checkpoint = view.checkpoint;
    let page = call.budget.bound(range.page(&mut view, token, size)).await?;
    let found = call.budget.bound(search_audit(&mut view, &filter, &page)).await?;
    call.budget.bound(view.close()).await?;

    let subjects = found.rows.iter().filter_map(|row| row.subject_id.as_deref());
    let keys = call.opener.keys_of_rows(subjects, &call.budget).await;
    let events = found.rows.into_iter().map(|row| event(row, &keys)).collect();
    let (mut events, more) = page::cut(events, size);
    let ended_at = match events.last() {
        Some(last) if more => Some(last.position),
        _ => found.looked_until,
    };
    let next_page_token =
        ended_at.map_or(String::new(), |position| page_token::encode(&list, &position));
    if let Some(sought) = &filter.reason {
        if keys.is_away() {
            return Err(KeyStoreAway.into());
        }
        // A hash is not its word, and what nobody can open any more may not have been cleared yet.
        events.retain(|event: &AuditEvent| holds_words(&event.reason, &sought.text));
    }
    Ok(SearchAuditResponse { events, next_page_token, checkpoint: checkpoint.get() })
}

/// Everything that selects or orders.
fn fingerprint(request: &SearchAuditRequest) -> Fingerprint {
    let SearchAuditRequest { actor, stream_id, stream_type, event_types, .. } = request;
    let at = |time: Option<prost_types::Timestamp>| time.map(|time| (time.seconds, time.nanos));
    Fingerprint::of(&(
        "SearchAudit",
        (actor, stream_id, stream_type, event_types),
        (&request.correlation_id, &request.caused_by, &request.reason, request.backwards),
        (at(request.from), at(request.to), request.from_position, request.to_position),
        (request.min_amount_minor_units, request.max_amount_minor_units, &request.currency),
    ))
}

/// Checks what the events must be.
fn filter(request: &SearchAuditRequest) -> Result<AuditFilter, QueryError> {
    let stream_type =
        optional(&request.stream_type, || match event_types_of(&request.stream_type) {
            Some(_) => Ok(request.stream_type.clone()),
            None => {
                let known = "is not account, transfer, projection, subject or erasure";
                Err(QueryError::invalid("stream_type", known))
            }
        })?;
    let reason = optional(&request.reason, || match &request.reason {
        text if text.len() > REASON_BYTES_MAX => Err(QueryError::invalid(
            "reason",
            format!("has {} bytes, at most {REASON_BYTES_MAX} are allowed", text.len()),
        )),
        text if !has_words(text) || text.contains('\0') => {
            Err(QueryError::invalid("reason", "holds no word to look for"))
        }
        text => Ok(Sought { text: text.clone(), sealed: None }),
    })?;
    let id = &request.caused_by;
    let cause = || Ok(Cause { id: checked("caused_by", CausationId::new(id))?, own: None });
    Ok(AuditFilter {
        actor: optional(&request.actor, || checked("actor", Actor::normalised(&request.actor)))?,
        stream_id: optional(&request.stream_id, || {
            checked("stream_id", StreamId::parse(&request.stream_id))
        })?,
        stream_type,
        event_types: event_types(request.event_types.clone())?,
        correlation_id: optional(&request.correlation_id, || {
            checked("correlation_id", CorrelationId::new(&request.correlation_id))
        })?,
        caused_by: optional(id, cause)?,
        amounts: amounts(request.min_amount_minor_units, request.max_amount_minor_units)?,
        currency: optional_currency(&request.currency)?,
        reason,
    })
}

/// 0 stands for no bound.
fn amounts(min: i64, max: i64) -> Result<Option<(i64, i64)>, QueryError> {
    let refused = |field, why: &str| Err(QueryError::invalid(field, why));
    match (min, max) {
        (..0, _) => refused("min_amount_minor_units", "is below zero"),
        (_, ..0) => refused("max_amount_minor_units", "is below zero"),
        (0, 0) => Ok(None),
        (min, 0) => Ok(Some((min, i64::MAX))),
        (min, max) if min > max => {
            refused("min_amount_minor_units", "is above `max_amount_minor_units`")
        }
        (min, max) => Ok(Some((min, max))),
    }
}

/// From where to where, in positions and in times.
struct Range {
    from_position: Position,
    to_position: Position,
    from: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
    direction: Direction,
}

impl Range {
    fn of(request: &SearchAuditRequest) -> Result<Self, QueryError> {
        let from_position = position("from_position", request.from_position, Position::ZERO)?;
        let to_position = position("to_position", request.to_position, Position::MAX)?;
        if from_position > to_position {
            return Err(QueryError::invalid("from_position", "is after `to_position`"));
        }
        let from = optional_time("from", request.from)?;
        let before = optional_time("to", request.to)?;
        if let (Some(from), Some(before)) = (from, before)
            && from > before
        {
            return Err(QueryError::invalid("from", "is after `to`"));
        }
        let direction = if request.backwards { Direction::Backwards } else { Direction::Forwards };
        Ok(Self { from_position, to_position, from, before, direction })
    }

    /// The page behind `token`, in positions. It ends at the checkpoint: beyond, events of some partitions may be missing.
    async fn page(
        &self,
        view: &mut View,
        token: Option<Position>,
        size: PageSize,
    ) -> Result<AuditPage, QueryError> {
        let checkpoint = view.checkpoint;
        let mut after = before(self.from_position);
        let mut until = self.to_position.min(checkpoint);
        if let Some(from) = self.from {
            after = after.max(position_before(view, from, checkpoint).await?);
        }
        if let Some(time) = self.before {
            until = until.min(position_before(view, time, checkpoint).await?);
        }
        match (self.direction, token) {
            (Direction::Forwards, Some(token)) => after = after.max(token),
            (Direction::Backwards, Some(token)) => until = until.min(before(token)),
            (_, None) => {}
        }
        let (direction, limit) = (self.direction, size.rows_and_one());
        Ok(AuditPage { after, until, direction, limit })
    }
}

/// The position before another one.
fn before(position: Position) -> Position {
    Position::new(position.get() - 1).unwrap_or_default()
}

fn event(row: AuditRow, keys: &RowKeys) -> AuditEvent {
    let currency = row.currency.unwrap_or_default();
    let command_id = row.command_id.unwrap_or_else(|| row.correlation_id.clone());
    let (reason, reason_hidden) = shown_of_row(keys.show(RowText {
        text: row.reason,
        subject_id: row.subject_id.as_deref(),
        command_id: Some(&command_id),
        field: REASON,
    }));
    AuditEvent {
        position: row.position,
        recorded_at: timestamp(row.recorded_at),
        actor: row.actor,
        reason,
        reason_hidden: reason_hidden.into(),
        event_type: row.event_type,
        stream_id: row.stream_id,
        version: row.version,
        amount: row.amount.map(|minor_units| Money { minor_units, currency }),
        command_id,
        correlation_id: row.correlation_id,
        causation_id: row.causation_id.unwrap_or_default(),
        event_id: row.event_id.to_string(),
        ip: row.ip.unwrap_or_default(),
    }
}
