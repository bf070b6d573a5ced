//! The caller's deadline, from the `grpc-timeout` header.

use std::time::Duration;

use tonic::metadata::MetadataMap;

use super::fields::only;

/// The part of the caller's time that is kept back, so that the answer arrives before the caller stops listening: a
/// tenth, within these bounds.
const MARGIN_MIN: Duration = Duration::from_millis(10);
const MARGIN_MAX: Duration = Duration::from_millis(200);

/// How long the caller waits, less a margin; `None`: it did not say.
pub(super) fn caller_timeout(headers: &MetadataMap) -> Option<Duration> {
    let text = only(headers, "grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    // At most eight digits, says the gRPC protocol over HTTP/2.
    let number: u64 =
        if (1..=8).contains(&digits.len()) { digits.parse().ok()? } else { return None };
    let timeout = match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    };
    Some(timeout.saturating_sub((timeout / 10).clamp(MARGIN_MIN, MARGIN_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_grpc_writes_it() {
        let cases = [
            ("2S", Some(Duration::from_millis(1800))),
            ("100m", Some(Duration::from_millis(90))),
            ("5m", Some(Duration::ZERO)),
            ("1H", Some(Duration::from_secs(3600) - MARGIN_MAX)),
            ("S", None),
            ("", None),
            ("123456789S", None),
            ("1x", None),
            ("-1S", None),
        ];
        for (text, expected) in cases {
            let mut headers = MetadataMap::new();
            headers.insert("grpc-timeout", text.parse().expect("ASCII"));
            assert_eq!(caller_timeout(&headers), expected, "{text:?}");
        }
    }
}
