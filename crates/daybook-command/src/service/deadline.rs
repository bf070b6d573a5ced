//! How long a call may take.

use std::time::Duration;

use daybook_runtime::deadline;
use tonic::metadata::MetadataMap;

/// The part of the caller's time that is kept back, so that the answer arrives before the caller stops listening: a
/// tenth, within these bounds.
const MARGIN_MIN: Duration = Duration::from_millis(10);
const MARGIN_MAX: Duration = Duration::from_millis(200);

/// How long the caller waits, less a margin; `None`: it did not say.
pub(super) fn caller_timeout(headers: &MetadataMap) -> Option<Duration> {
    let timeout = deadline::caller_timeout(headers)?;
    Some(timeout.saturating_sub((timeout / 10).clamp(MARGIN_MIN, MARGIN_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_callers_time_is_kept_back() {
        let cases = [
            ("2S", Some(Duration::from_millis(1800))),
            ("100m", Some(Duration::from_millis(90))),
            ("5m", Some(Duration::ZERO)),
            ("1H", Some(Duration::from_secs(3600) - MARGIN_MAX)),
            ("1x", None),
        ];
        for (text, expected) in cases {
            let mut headers = MetadataMap::new();
            headers.insert("grpc-timeout", text.parse().expect("ASCII"));
            assert_eq!(caller_timeout(&headers), expected, "{text:?}");
        }
    }
}
