//! The statement of a search: made of the filters that are there, so that each has the index that serves it.

use std::ops::RangeInclusive;

use daybook_bank::money::Currency;
use daybook_core::domain::Domain as _;
use daybook_core::magnitude::magnitude_of;
use daybook_core::words::Words;
use daybook_domains::Daybook;
use daybook_eventlog::Direction;
use sqlx::{Postgres, QueryBuilder};

use super::{AuditFilter, AuditPage};

/// Of a candidate, as the index of the driver has led to it.
const COLUMNS: &str = "position, recorded_at, version, amount, event_id, magnitude, stream_id, event_type, actor, \
    correlation_id, causation_id, command_id, currency, ip, reason, words, subject_id";

/// What the index of actors is made of: the last 21 bits of an actor's hash, and the position behind them.
const ACTOR_AND_POSITION: &str = "((hashtextextended(actor, 0) << 43) | position)";

/// The magnitude of a row whose amount stands in the first event of its stream.
const AMOUNT_OF_FIRST: i16 = 0;

/// Types that the index leaves out, as its predicate says: a bank's daily business, met wherever one looks.
const COMMON_TYPES: &[&str] = &["money-deposited", "money-withdrawn"];

/// The filter whose index is walked.
#[derive(Debug)]
pub(super) enum Driver<'a> {
    /// These rows and no others.
    Positions(&'a [i64]),
    /// A column holds this text.
    Text(&'static str, &'a str),
    /// This actor.
    Actor(&'a str),
    /// One of these types.
    EventTypes(Vec<&'a str>),
    /// One of these magnitudes, or that of the first event of the stream.
    Magnitudes(RangeInclusive<i16>),
    /// Words of the reason, with all other filters beside them.
    Words,
    /// All rows.
    Everything,
}

impl<'a> Driver<'a> {
    /// The narrowest, as it is in nearly every log.
    pub(super) fn of(filter: &'a AuditFilter, consequences: Option<&'a [i64]>) -> Self {
        if let Some(positions) = consequences {
            Self::Positions(positions)
        } else if let Some(id) = &filter.correlation_id {
            Self::Text("correlation_id", id.as_str())
        } else if let Some(id) = &filter.stream_id {
            Self::Text("stream_id", id.as_str())
        } else if let Some(actor) = &filter.actor {
            Self::Actor(actor.as_str())
        } else if let Some(types) = rare_types(filter) {
            Self::EventTypes(types)
        } else if let Some((min, max)) = filter.amounts {
            Self::Magnitudes(magnitude_of(min.max(1))..=magnitude_of(max))
        } else {
            Self::Everything
        }
    }

    /// By what the rows are in the order of positions, where they come from its index.
    fn place(&self) -> &'static str {
        match self {
            Self::Actor(_) => ACTOR_AND_POSITION,
            _ => "position",
        }
    }

    /// For each key of the index a selection.
    fn push_arms(&self, sql: &mut Sql, table: &str, filter: &AuditFilter, page: &AuditPage) {
        let mut arms = Arms { sql, table, page, place: self.place(), begun: false };
        // By their index they are in this order already: several are merged, and none is read further than is needed.
        let in_order = format!(" ORDER BY position {}", order(page.direction));
        match self {
            Self::Positions(positions) => arms.push("", |sql| {
                sql.push("position = ANY (").push_bind(positions.to_vec()).push(")");
            }),
            Self::Text(column, text) => arms.push("", |sql| push_holds(sql, column, text)),
            Self::Actor(actor) => arms.push("", |sql| push_is_of(sql, actor, page)),
            Self::EventTypes(types) => {
                for event_type in types {
                    arms.push(&in_order, |sql| push_holds(sql, "event_type", event_type));
                }
            }
            Self::Magnitudes(magnitudes) => {
                for magnitude in [AMOUNT_OF_FIRST].into_iter().chain(magnitudes.clone()) {
                    arms.push(&in_order, |sql| {
                        sql.push("magnitude = ").push_bind(magnitude);
                    });
                }
            }
            // All of them are found before they are put in order: by their index, not by walking another one.
            Self::Words => arms.push(" OFFSET 0", |sql| push_fits(sql, filter)),
            Self::Everything => arms.push("", |sql| {
                sql.push("true");
            }),
        }
    }
}

/// The types that are asked for; `None` where none is, or a common one.
fn rare_types(filter: &AuditFilter) -> Option<Vec<&str>> {
    let types: Vec<&str> = if filter.event_types.is_empty() {
        event_types_of(filter.stream_type.as_deref()?)?.to_vec()
    } else {
        filter.event_types.iter().map(String::as_str).collect()
    };
    (!types.iter().any(|event_type| COMMON_TYPES.contains(event_type))).then_some(types)
}

/// The types of the events in streams of a type; `None` where this build knows no such streams.
pub(crate) fn event_types_of(stream_type: &str) -> Option<&'static [&'static str]> {
    let kind = Daybook::STREAMS.iter().find(|kind| kind.stream_type == stream_type)?;
    Some(kind.event_types)
}

type Sql = QueryBuilder<Postgres>;

/// Selections of the same columns, side by side.
struct Arms<'a> {
    sql: &'a mut Sql,
    table: &'a str,
    page: &'a AuditPage,
    place: &'static str,
    begun: bool,
}

impl Arms<'_> {
    fn push(&mut self, tail: &str, condition: impl FnOnce(&mut Sql)) {
        if std::mem::replace(&mut self.begun, true) {
            self.sql.push(" UNION ALL ");
        }
        self.sql.push("(SELECT ").push(COLUMNS).push(", ").push(self.place).push(" AS place FROM ");
        self.sql.push(self.table);
        self.sql.push(" WHERE position > ").push_bind(self.page.after.get());
        self.sql.push(" AND position <= ").push_bind(self.page.until.get()).push(" AND ");
        condition(self.sql);
        self.sql.push(tail).push(")");
    }
}

/// Whether an actor did it: by a range of the one number that the index has, and then by the text itself.
fn push_is_of(sql: &mut Sql, actor: &str, page: &AuditPage) {
    for (bound, position) in [(" > ", page.after), (" <= ", page.until)] {
        sql.push(ACTOR_AND_POSITION).push(bound);
        sql.push("((hashtextextended(").push_bind(actor.to_owned());
        sql.push("::text, 0) << 43) | ").push_bind(position.get()).push(") AND ");
    }
    sql.push("actor = ").push_bind(actor.to_owned());
}

/// Whether a column holds a text: by its hash, which has an index, and then by itself, because texts may share a hash.
fn push_holds(sql: &mut Sql, column: &str, text: &str) {
    sql.push(format!("hashtextextended({column}, 0) = hashtextextended("))
        .push_bind(text.to_owned());
    sql.push(format!("::text, 0) AND {column} = ")).push_bind(text.to_owned());
}

fn order(direction: Direction) -> &'static str {
    match direction {
        Direction::Forwards => "ASC",
        Direction::Backwards => "DESC",
    }
}

/// The whole statement.
pub(super) fn statement(
    table: &str,
    driver: &Driver<'_>,
    filter: &AuditFilter,
    page: &AuditPage,
    looks_max: i64,
) -> Sql {
    let order = order(page.direction);
    let mut sql = Sql::new(
        "SELECT position, recorded_at, version, event_id, stream_id, event_type, actor, correlation_id, causation_id,
            command_id, ip, reason, subject_id, about.amount, about.currency, nth, matches
         FROM (SELECT *, row_number() OVER (ORDER BY place ",
    );
    sql.push(order).push(") AS nth, ");
    push_fits(&mut sql, filter);
    sql.push(" AS fits FROM (");
    driver.push_arms(&mut sql, table, filter, page);
    sql.push(") AS candidate ORDER BY place ").push(order).push(" LIMIT ").push_bind(looks_max);
    // A later step of a transfer is about the amount of its first.
    sql.push(") AS candidate LEFT JOIN LATERAL (SELECT amount, currency FROM ").push(table);
    sql.push(" AS first WHERE candidate.fits AND candidate.magnitude = 0");
    sql.push(
        " AND hashtextextended(first.stream_id, 0) = hashtextextended(candidate.stream_id, 0)",
    );
    sql.push(" AND first.stream_id = candidate.stream_id");
    sql.push(" ORDER BY first.position LIMIT 1) AS first ON true CROSS JOIN LATERAL (SELECT");
    sql.push(" coalesce(candidate.amount, first.amount) AS amount,");
    sql.push(" coalesce(candidate.currency, first.currency) AS currency) AS about");
    sql.push(" CROSS JOIN LATERAL (SELECT candidate.fits AND ");
    push_is_about(&mut sql, filter);
    sql.push(" AS matches) AS verdict WHERE matches OR nth = ").push_bind(looks_max);
    sql.push(" ORDER BY place ").push(order).push(" LIMIT ").push_bind(page.limit);
    sql
}

/// Whether all filters hold that a row by itself can tell.
fn push_fits(sql: &mut Sql, filter: &AuditFilter) {
    sql.push("(true");
    let mut equal = |column: &str, text: Option<&str>| {
        if let Some(text) = text {
            sql.push(" AND ").push(column).push(" = ").push_bind(text.to_owned());
        }
    };
    equal("actor", filter.actor.as_ref().map(|actor| actor.as_str()));
    equal("stream_id", filter.stream_id.as_ref().map(|id| id.as_str()));
    equal("split_part(stream_id, '-', 1)", filter.stream_type.as_deref());
    equal("correlation_id", filter.correlation_id.as_ref().map(|id| id.as_str()));
    if !filter.event_types.is_empty() {
        sql.push(" AND event_type = ANY (").push_bind(filter.event_types.clone()).push(")");
    }
    if let Some(sought) = &filter.reason {
        // As the index has it, so that it is used. Plain reasons have other hashes than sealed ones.
        sql.push(" AND words IS NOT NULL AND (words @> ");
        sql.push_bind(Words::of(&sought.text).hashes().to_vec());
        if let Some(sealed) = &sought.sealed {
            sql.push(" OR words @> ").push_bind(sealed.hashes().to_vec());
        }
        sql.push(")");
    }
    sql.push(")");
}

/// Whether the filters hold that are about the amount.
fn push_is_about(sql: &mut Sql, filter: &AuditFilter) {
    sql.push("(true");
    if let Some((min, max)) = filter.amounts {
        sql.push(" AND about.amount IS NOT NULL AND about.amount BETWEEN ").push_bind(min);
        sql.push(" AND ").push_bind(max);
    }
    if let Some(currency) = filter.currency.map(Currency::code) {
        sql.push(" AND about.currency IS NOT DISTINCT FROM ").push_bind(currency);
    }
    sql.push(")");
}
