//! Days and times as texts, read strictly: what is accepted is written one way only.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// A day such as `2026-11-23`, of the years 1 to 9999: four digits, two, two, and nothing else.
#[must_use]
pub fn parse_day(text: &str) -> Option<Date> {
    // The library would take a sign before the year too.
    let is_shaped = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shaped {
        return None;
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
    (day.year() >= 1).then_some(day)
}

/// A time such as `2026-11-23T10:00:00Z`, with any offset (RFC 3339); a blank may stand for the `T`.
#[must_use]
pub fn parse_time(text: &str) -> Option<OffsetDateTime> {
    parse_day(text.get(..10)?)?;
    // The library would take any character here.
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_ten_characters_and_nothing_else() {
        assert_eq!(parse_day("2024-02-29").map(|day| day.ordinal()), Some(60));
        let refused = [
            "",
            "+2026-11-28",
            "-2026-11-28",
            "+026-11-28",
            "02026-11-28",
            "2026-11-2",
            "2026-1-01",
            "2023-02-29",
            "2026-13-01",
            "0000-01-01",
            "2026-11-28 ",
            " 2026-11-28",
            "2026/11/28",
            "２０２６-11-28",
            "20261128",
        ];
        for text in refused {
            assert_eq!(parse_day(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_time_is_of_rfc_3339_and_nothing_else() {
        for text in ["1970-01-01T00:00:01Z", "1970-01-01 01:00:01+01:00", "1970-01-01t00:00:01.0z"]
        {
            assert_eq!(parse_time(text).map(OffsetDateTime::unix_timestamp), Some(1), "{text:?}");
        }
        let refused = [
            "",
            "2026-11-28",
            "+2026-11-28T00:00:00Z",
            "2026-11-28x00:00:00Z",
            "2026-11-28T00:00:00",
            "2026-11-28T24:00:00Z",
            "2026-11-28T00:00:00Z ",
            "2026-11-28T00:00Z",
            "2026-11-28T00:00:00+1:00",
            "2026-11-28é00:00:00Z",
        ];
        for text in refused {
            assert_eq!(parse_time(text), None, "{text:?}");
        }
    }
}
