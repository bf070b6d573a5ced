//! What a row is, whatever it is written as.

use daybook_core::dates;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// UTC, microseconds: all that the log knows of a time.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number of 64 bits.
    Number,
    /// Text.
    Text,
    /// JSON, as the exact text.
    Json,
    /// A time, UTC.
    Time,
}

/// A column; any cell may be empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// A column of a kind.
pub(crate) const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// What stands in one column of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Number(i64),
    Text(String),
    /// An amount of money, such as `-12.50`: text of our own making.
    Decimal(String),
    Time(OffsetDateTime),
    Empty,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    /// As JSON: a time is text, a number beyond 2^53 stays a number.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Text(text) | Self::Decimal(text) => text.as_str().into(),
            Self::Time(time) => time_text(*time).into(),
            Self::Empty => Value::Null,
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

/// One row: a cell a column.
pub(crate) type Row = Vec<Cell>;

/// Such as `2026-11-23T10:21:22.273061Z`.
pub(crate) fn time_text(time: OffsetDateTime) -> String {
    time.to_offset(time::UtcOffset::UTC).format(&TIME).unwrap_or_default()
}

/// Reads what [`time_text`] writes.
pub(crate) fn parse_time_text(text: &str) -> Option<OffsetDateTime> {
    dates::parse_time(text).filter(|time| time_text(*time) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_to_the_microsecond() {
        for text in ["2026-11-23T10:21:22.273061Z", "1999-12-31T23:59:59.000000Z"] {
            assert_eq!(time_text(parse_time_text(text).unwrap()), text);
        }
        for text in
            ["2026-11-23T10:21:22Z", "+2026-11-23T10:21:22.273061Z", "2026-11-23 10:21:22.273061Z"]
        {
            assert_eq!(parse_time_text(text), None, "{text}");
        }
    }
}
