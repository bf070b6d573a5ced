//! `expected_version` as people and files write it.

use std::str::FromStr;

use daybook_proto::v1;
use v1::expected_version::Kind;

/// What the caller believes the version of the stream to be that the command names first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpectedVersion {
    /// Exactly this one.
    Exact(i64),
    /// It has no event yet.
    NoStream,
    /// It has at least one event.
    StreamExists,
}

impl From<ExpectedVersion> for v1::ExpectedVersion {
    fn from(expected: ExpectedVersion) -> Self {
        Self {
            kind: Some(match expected {
                ExpectedVersion::Exact(version) => Kind::Exact(version),
                ExpectedVersion::NoStream => Kind::NoStream(true),
                ExpectedVersion::StreamExists => Kind::StreamExists(true),
            }),
        }
    }
}

impl FromStr for ExpectedVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "no-stream" => Ok(Self::NoStream),
            "stream-exists" => Ok(Self::StreamExists),
            number => match number.parse() {
                Ok(version) if version >= 1 => Ok(Self::Exact(version)),
                _ => Err(format!(
                    "`{number}` is not a version from 1 on, `no-stream` or `stream-exists`"
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_version_is_a_number_from_one_on_or_one_of_two_words() {
        assert_eq!("7".parse(), Ok(ExpectedVersion::Exact(7)));
        assert_eq!("no-stream".parse(), Ok(ExpectedVersion::NoStream));
        assert_eq!("stream-exists".parse(), Ok(ExpectedVersion::StreamExists));
        for bad in ["0", "-1", "", "any", "9223372036854775808"] {
            assert!(bad.parse::<ExpectedVersion>().is_err(), "{bad}");
        }
    }
}
