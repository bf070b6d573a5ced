//! The caller's deadline, from the `grpc-timeout` header.

use std::time::Duration;

use tonic::metadata::MetadataMap;

/// How long the caller waits; `None`: it did not say, or said it twice, or not as gRPC over HTTP/2 writes it (at most
/// eight digits and a unit).
#[must_use]
pub fn caller_timeout(headers: &MetadataMap) -> Option<Duration> {
    let mut given = headers.get_all("grpc-timeout").iter();
    let text = given.next().filter(|_| given.next().is_none())?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_deadline_is_read_in_every_unit() {
        let cases = [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("99999999S", Some(Duration::from_secs(99_999_999))),
            ("250m", Some(Duration::from_millis(250))),
            ("7u", Some(Duration::from_micros(7))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("-1S", None),
            ("+1S", None),
            ("1x", None),
            ("123456789S", None),
        ];
        for (text, expected) in cases {
            let mut headers = MetadataMap::new();
            headers.insert("grpc-timeout", text.parse().expect("ASCII"));
            assert_eq!(caller_timeout(&headers), expected, "{text:?}");
        }
    }

    #[test]
    fn two_deadlines_are_none() {
        let mut headers = MetadataMap::new();
        for text in ["1S", "2S"] {
            headers.append("grpc-timeout", text.parse().expect("ASCII"));
        }
        assert_eq!(caller_timeout(&headers), None);
    }
}
