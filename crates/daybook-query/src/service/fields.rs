//! Request fields as values that are known to be right, or INVALID_ARGUMENT with the field's name.

use std::fmt::Display;

use daybook_bank::money::Currency;
use daybook_core::dates::parse_day;
use daybook_core::ids::{Position, Version};
use prost_types::Timestamp;
use time::{Date, Duration, OffsetDateTime};

use crate::error::QueryError;

/// Event types in one request, at most.
const EVENT_TYPES_MAX: usize = 100;

/// `min_position`.
pub(super) fn min_position(number: i64) -> Result<Position, QueryError> {
    checked("min_position", Position::new(number))
}

/// A version where 0 stands for `unset`.
pub(super) fn version(
    field: &'static str,
    number: i64,
    unset: Version,
) -> Result<Version, QueryError> {
    match checked(field, Version::new(number))? {
        Version::ZERO => Ok(unset),
        version => Ok(version),
    }
}

/// A position where 0 stands for `unset`.
pub(super) fn position(
    field: &'static str,
    number: i64,
    unset: Position,
) -> Result<Position, QueryError> {
    match checked(field, Position::new(number))? {
        Position::ZERO => Ok(unset),
        position => Ok(position),
    }
}

/// Names of event types. One that no event has matches nothing; it may be one of a newer build.
pub(super) fn event_types(event_types: Vec<String>) -> Result<Vec<String>, QueryError> {
    let field = "event_types";
    if event_types.len() > EVENT_TYPES_MAX {
        return Err(QueryError::invalid(
            field,
            format!("has {} types, at most {EVENT_TYPES_MAX} are allowed", event_types.len()),
        ));
    }
    let malformed = |name: &String| name.is_empty() || name.len() > 200 || name.contains('\0');
    if event_types.iter().any(malformed) {
        return Err(QueryError::invalid(field, "are names such as `money-deposited`"));
    }
    Ok(event_types)
}

/// A currency; empty: any.
pub(super) fn optional_currency(code: &str) -> Result<Option<Currency>, QueryError> {
    optional(code, || checked("currency", code.parse()))
}

/// A day such as `2026-11-23`; empty: none.
pub(super) fn optional_day(field: &'static str, text: &str) -> Result<Option<Date>, QueryError> {
    optional(text, || {
        let day = parse_day(text);
        day.ok_or_else(|| QueryError::invalid(field, "is not a day such as `2026-11-23`"))
    })
}

/// A moment, rounded down to the microseconds that the log keeps: whatever was recorded up to it, or not, still was.
pub(super) fn time_up_to(
    field: &'static str,
    timestamp: Timestamp,
) -> Result<OffsetDateTime, QueryError> {
    let Timestamp { seconds, nanos } = timestamp;
    let nanos = nanos.saturating_sub(nanos.rem_euclid(1000));
    let whole = optional_time(field, Some(Timestamp { seconds, nanos }))?;
    whole.ok_or_else(|| QueryError::invalid(field, "is missing"))
}

/// A moment, rounded up to the microseconds that the log keeps: whatever was recorded before it, or not, still was.
pub(super) fn optional_time(
    field: &'static str,
    timestamp: Option<Timestamp>,
) -> Result<Option<OffsetDateTime>, QueryError> {
    let Some(Timestamp { seconds, nanos }) = timestamp else { return Ok(None) };
    let refused = || QueryError::invalid(field, "is not a time between the years 1 and 9999");
    if !(0..1_000_000_000).contains(&nanos) {
        return Err(QueryError::invalid(field, "has nanoseconds outside 0 to 999999999"));
    }
    let up_to_microseconds = i64::from(nanos.unsigned_abs().div_ceil(1000));
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.checked_add(Duration::microseconds(up_to_microseconds)))
        .filter(|time| (1..=9999).contains(&time.year()))
        .map(Some)
        .ok_or_else(refused)
}

/// A result whose error says what would be right.
pub(super) fn checked<T, E: Display>(
    field: &'static str,
    result: Result<T, E>,
) -> Result<T, QueryError> {
    result.map_err(|error| QueryError::invalid(field, error))
}

/// Nothing where the text is empty.
pub(super) fn optional<T>(
    text: &str,
    parse: impl FnOnce() -> Result<T, QueryError>,
) -> Result<Option<T>, QueryError> {
    if text.is_empty() { Ok(None) } else { parse().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_to_microseconds_and_kept_in_range() {
        let check = |seconds, nanos| {
            let time = optional_time("from", Some(Timestamp { seconds, nanos })).ok()??;
            Some((time.unix_timestamp(), time.microsecond()))
        };
        assert_eq!(check(5, 0), Some((5, 0)));
        assert_eq!(check(5, 1), Some((5, 1)));
        assert_eq!(check(5, 1000), Some((5, 1)));
        assert_eq!(check(5, 999_999_999), Some((6, 0)));
        assert_eq!(check(-62_135_596_800, 0), Some((-62_135_596_800, 0)));
        assert_eq!(check(-62_135_596_801, 0), None);
        assert_eq!(check(253_402_300_800, 0), None);
        assert_eq!(check(i64::MAX, 0), None);
        assert_eq!(check(5, -1), None);
        assert_eq!(check(5, 1_000_000_000), None);
    }

    #[test]
    fn days_are_iso_8601_and_nothing_else() {
        let check = |text| optional_day("from_day", text).ok().map(|day| day.is_some());
        assert_eq!(check(""), Some(false));
        assert_eq!(check("2024-02-29"), Some(true));
        for text in [
            "+2026-11-28",
            "2023-02-29",
            "2026-1-1",
            "23.11.2026",
            "2026-11-23T00:00:00Z",
            "0000-01-01",
        ] {
            assert_eq!(check(text), None, "{text}");
        }
    }
}
