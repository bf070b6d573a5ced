//! Times and days as people write them, and as the tables print them.

use daybook_core::dates;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use prost_types::Timestamp;

/// What is said where a text is no time.
const FORMS: &str = "a day (2026-11-23, today, yesterday) or a time (2026-11-23 10:00, 2026-11-23T10:00:00Z); in UTC, unless a \
                     zone follows: +01:00, local, Europe/Berlin";

/// A time, or a day, which stands for when it begins; in UTC, unless a zone follows. Where clocks are set back, the first
/// of two times that are written the same.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let at = timestamp(text).ok_or_else(|| format!("`{text}` is not {FORMS}"))?;
    let (seconds, nanos) = (
        at.as_nanosecond().div_euclid(1_000_000_000),
        at.as_nanosecond().rem_euclid(1_000_000_000),
    );
    Ok(Timestamp {
        seconds: i64::try_from(seconds).expect("years have four digits"),
        nanos: i32::try_from(nanos).expect("a second has fewer nanoseconds than i32::MAX"),
    })
}

/// A day in UTC, such as `2026-11-23`, `today` or `yesterday`; kept as text, which is how the service takes it.
pub(crate) fn parse_day(text: &str) -> Result<String, String> {
    let day = day(text, &TimeZone::UTC);
    day.map(|day| day.to_string())
        .ok_or_else(|| format!("`{text}` is not a day such as 2026-11-23, today or yesterday"))
}

fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    // With an offset, as a program writes it.
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let last = text.rsplit_once(' ').and_then(|(time, name)| Some((time, zone(name)?)));
    let (time, zone) = last.unwrap_or((text, TimeZone::UTC));
    let at = match day(time, &zone) {
        Some(day) => day.to_datetime(jiff::civil::Time::midnight()),
        None => civil(time)?,
    };
    Some(at.to_zoned(zone).ok()?.timestamp())
}

fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "UTC" | "Z" => Some(TimeZone::UTC),
        "local" => Some(TimeZone::system()),
        // As part of a time that has that offset everywhere.
        offset if offset.starts_with(['+', '-']) => {
            let at = format!("1970-01-02T00:00:00{offset}").parse::<jiff::Timestamp>().ok()?;
            let seconds = i32::try_from(86_400 - at.as_second()).ok()?;
            Some(jiff::tz::Offset::from_seconds(seconds).ok()?.to_time_zone())
        }
        name => TimeZone::get(name).ok(),
    }
}

fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    let today = || Zoned::now().with_time_zone(zone.clone()).date();
    match text {
        "today" => Some(today()),
        "yesterday" => today().checked_sub(1.day()).ok(),
        _ => dates::parse_day(text).and_then(|_| text.parse().ok()),
    }
}

/// A time without a zone, with at least hours and minutes.
fn civil(text: &str) -> Option<DateTime> {
    let is_time = |text: &&str| text.len() >= "2026-11-23 10:00".len() && text.is_ascii();
    Some(text).filter(is_time)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        parse_time(text).ok().map(|at| at.seconds)
    }

    #[test]
    fn a_time_is_a_day_or_an_instant() {
        for (text, found) in [
            ("1970-01-02", 86_400),
            ("1970-01-02 UTC", 86_400),
            ("1970-01-02T00:00:00Z", 86_400),
            ("1970-01-02T01:00:00+01:00", 86_400),
            ("1970-01-02 00:00:00", 86_400),
            ("1970-01-02 00:00:00 UTC", 86_400),
            ("1970-01-02 00:00", 86_400),
            ("1970-01-02 01:00 +01:00", 86_400),
            ("1970-01-01 19:00 -05:00", 86_400),
            ("2026-07-01 12:00 Europe/Berlin", 1_782_900_000),
            ("2026-07-01 Europe/Berlin", 1_782_856_800),
            ("1969-12-31 23:59:59.5", -1),
        ] {
            assert_eq!(seconds(text), Some(found), "{text}");
        }
        assert_eq!(parse_time("1970-01-01T01:00:00.5+01:00").unwrap().nanos, 500_000_000);
        assert_eq!(parse_time("1969-12-31 23:59:59.5").unwrap().nanos, 500_000_000);
        for bad in [
            "",
            "tomorrow",
            "2026-13-01",
            "10:00",
            "2026-11-23 10:00 Nowhere/City",
            "2026-11-23 10",
            "20261123",
        ] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_is_a_date_or_one_of_two_words() {
        let (today, yesterday) = (seconds("today").unwrap(), seconds("yesterday").unwrap());
        assert_eq!((today % 86_400, today - yesterday), (0, 86_400));
        assert!(seconds("today local").is_some());
        assert_eq!(parse_day("2026-02-28").unwrap(), "2026-02-28");
        assert_eq!(seconds(&parse_day("yesterday").unwrap()), Some(yesterday));
        for bad in ["2026-02-30", "2026-2-3", "+2026-11-28", "2026-11-28x", ""] {
            assert!(parse_day(bad).is_err(), "{bad}");
        }
    }
}
