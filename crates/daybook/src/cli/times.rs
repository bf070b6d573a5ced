//! Times and days as people write them.

use daybook_core::dates;
use prost_types::Timestamp;

/// `2026-11-23` (midnight, UTC) or `2026-11-23T10:00:00Z`, with any offset.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let at = match dates::parse_day(text) {
        Some(date) => date.midnight().assume_utc(),
        None => dates::parse_time(text).ok_or_else(|| {
            format!("`{text}` is neither a day such as 2026-11-23 nor a time such as 2026-11-23T10:00:00Z")
        })?,
    };
    let nanos =
        i32::try_from(at.nanosecond()).expect("a second has fewer nanoseconds than i32::MAX");
    Ok(Timestamp { seconds: at.unix_timestamp(), nanos })
}

/// A day in UTC, such as `2026-11-23`; kept as text, which is how the service takes it.
pub(crate) fn parse_day(text: &str) -> Result<String, String> {
    dates::parse_day(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("`{text}` is not a day such as 2026-11-23"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_or_an_instant() {
        assert_eq!(parse_time("1970-01-02").unwrap().seconds, 86_400);
        assert_eq!(parse_time("1970-01-01T01:00:00.5+01:00").unwrap().nanos, 500_000_000);
        for bad in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-11-23 10:00",
            "+2026-11-23",
            "2026-11-23x10:00:00Z",
        ] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
        assert!(parse_day("2026-02-30").is_err());
    }
}
