//! Events of the whole log by who, what, where, when, why, in whose course and how much, in the order of positions.
//!
//! A search walks the index of its narrowest filter in the order of positions, and looks at each row whether the other
//! filters hold too. It looks at no more than [`LOOKS_MAX`] rows: so a page takes bounded time however rare what is
//! sought is, and may hold few events or none although there are more behind it.
//!
//! Words of reasons have an index without order. So a walk looks for them first, over [`WORD_LOOKS_MAX`] rows: a common word
//! is found by it at once. Only where it is rare on the way the index is asked for all rows that hold it. What is found by
//! hashes is a candidate: the caller opens its reason and looks for the words themselves.

mod statement;

use daybook_bank::money::Currency;
use daybook_core::ids::{Actor, CausationId, CorrelationId, Position};
use daybook_core::stream::StreamId;
use daybook_core::words::Words;
use daybook_eventlog::Direction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::consistency::View;
use crate::error::QueryError;
use statement::{Driver, statement};

pub(crate) use statement::event_types_of;

/// The projection that answers.
pub(crate) const AUDIT: &str = "audit";

/// Rows that a page's search looks at, at most: some 20 ms of work.
pub(crate) const LOOKS_MAX: i64 = 10_000;

/// Rows in which words are looked for, at most, before their index is asked: some 20 ms of work.
const WORD_LOOKS_MAX: i64 = 2_000;

/// Where a walk has found so many, the words are common, and more of them come with the next page.
const WORDS_FOUND_MIN: usize = 8;

/// Events that came of one message, at most.
const CONSEQUENCES_MAX: u32 = 10_000;

/// Which events; what is absent does not matter.
#[derive(Debug, Default)]
pub(crate) struct AuditFilter {
    pub(crate) actor: Option<Actor>,
    pub(crate) stream_id: Option<StreamId>,
    pub(crate) stream_type: Option<String>,
    /// None: all. With a stream type they are some of its types.
    pub(crate) event_types: Vec<String>,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) caused_by: Option<Cause>,
    /// In minor units, both inclusive.
    pub(crate) amounts: Option<(i64, i64)>,
    pub(crate) currency: Option<Currency>,
    /// Words, each of which the reason holds.
    pub(crate) reason: Option<Sought>,
}

/// Words that are looked for.
#[derive(Debug)]
pub(crate) struct Sought {
    /// As they were given.
    pub(crate) text: String,
    /// Their hashes in sealed reasons; `None` where nobody here has keys.
    pub(crate) sealed: Option<Words>,
}

/// A message of which others came.
#[derive(Debug)]
pub(crate) struct Cause {
    /// Of a command or of an event.
    pub(crate) id: CausationId,
    /// The command's own events: first and last.
    pub(crate) own: Option<(Position, Position)>,
}

/// Which page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuditPage {
    /// Exclusive.
    pub(crate) after: Position,
    /// Inclusive.
    pub(crate) until: Position,
    pub(crate) direction: Direction,
    pub(crate) limit: i64,
}

/// A row of read model `audit`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct AuditRow {
    pub(crate) position: i64,
    pub(crate) recorded_at: OffsetDateTime,
    pub(crate) version: i64,
    pub(crate) event_id: Uuid,
    pub(crate) stream_id: String,
    pub(crate) event_type: String,
    pub(crate) actor: String,
    pub(crate) correlation_id: String,
    pub(crate) causation_id: Option<String>,
    pub(crate) command_id: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) reason: Option<String>,
    /// Whom the reason is sealed for.
    pub(crate) subject_id: Option<String>,
    /// Of a later step of a transfer: that of the transfer.
    pub(crate) amount: Option<i64>,
    pub(crate) currency: Option<String>,
    /// Whether every filter holds. One row may be here without that: the last one that was looked at.
    matches: bool,
    /// How many were looked at up to this one.
    nth: i64,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) rows: Vec<AuditRow>,
    /// The last row looked at, where the search ended for that it had looked at enough.
    pub(crate) looked_until: Option<i64>,
}

/// Searches for a page.
pub(crate) async fn search_audit(
    view: &mut View,
    filter: &AuditFilter,
    page: &AuditPage,
) -> Result<Found, QueryError> {
    let consequences = match &filter.caused_by {
        Some(cause) => Some(find_consequences(view, cause).await?),
        None => None,
    };
    let mut driver = Driver::of(filter, consequences.as_deref());
    if let Driver::Magnitudes(magnitudes) = &mut driver {
        *magnitudes = *magnitudes.start()..=largest_magnitude(view).await?.min(*magnitudes.end());
    }
    sqlx::query(include_str!("sql/walk_indexes.sql")).execute(view.connection()).await?;
    if filter.reason.is_none() {
        return find(view, &driver, filter, page, LOOKS_MAX).await;
    }
    let found = find(view, &driver, filter, page, WORD_LOOKS_MAX).await?;
    if found.looked_until.is_none() || found.rows.len() >= WORDS_FOUND_MIN {
        return Ok(found);
    }
    sqlx::query(include_str!("sql/collect_words.sql")).execute(view.connection()).await?;
    find(view, &Driver::Words, filter, page, LOOKS_MAX).await
}

/// What a driver leads to, among the first `looks_max` rows.
async fn find(
    view: &mut View,
    driver: &Driver<'_>,
    filter: &AuditFilter,
    page: &AuditPage,
    looks_max: i64,
) -> Result<Found, QueryError> {
    let table = format!("read.audit_{}", view.generation(AUDIT));
    let mut statement = statement(&table, driver, filter, page, looks_max);
    // Not kept: hardly any two are alike, and each is planned with the values at hand.
    let query = statement.build_query_as::<AuditRow>().persistent(false);
    let mut rows = query.fetch_all(view.connection()).await?;
    let looked_until = rows.last().filter(|row| row.nth >= looks_max).map(|row| row.position);
    rows.retain(|row| row.matches);
    Ok(Found { rows, looked_until })
}

/// The position of the last event that was recorded before `time`; zero when there is none.
pub(crate) async fn position_before(
    view: &mut View,
    time: OffsetDateTime,
    until: Position,
) -> Result<Position, QueryError> {
    let sql = view.sql(AUDIT, include_str!("sql/find_position_before.sql"));
    let position: i64 =
        sqlx::query_scalar(sql).bind(time).bind(until.get()).fetch_one(view.connection()).await?;
    Ok(Position::new(position).unwrap_or_default())
}

/// Beyond it there is nothing to look at.
async fn largest_magnitude(view: &mut View) -> Result<i16, QueryError> {
    let sql = view.sql(AUDIT, include_str!("sql/find_largest_magnitude.sql"));
    let largest: Option<i16> = sqlx::query_scalar(sql).fetch_one(view.connection()).await?;
    Ok(largest.unwrap_or(0))
}

/// The positions of all events that came of a message.
async fn find_consequences(view: &mut View, cause: &Cause) -> Result<Vec<i64>, QueryError> {
    // Positions begin with 1: without events of its own the range holds none.
    let (first, last) = cause.own.unwrap_or((Position::ZERO, Position::ZERO));
    let sql = view.sql(AUDIT, include_str!("sql/find_consequences.sql"));
    let positions: Vec<i64> = sqlx::query_scalar(sql)
        .bind(cause.id.as_str())
        .bind(first.get())
        .bind(last.get())
        .bind(i64::from(CONSEQUENCES_MAX) + 1)
        .fetch_all(view.connection())
        .await?;
    match u32::try_from(positions.len()) {
        Ok(count) if count <= CONSEQUENCES_MAX => Ok(positions),
        _ => Err(QueryError::TooLarge { rows_max: CONSEQUENCES_MAX }),
    }
}
