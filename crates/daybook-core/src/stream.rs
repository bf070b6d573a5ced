//! Streams: their ids and what a caller may expect of their version.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::{ID_BYTES_MAX, InvalidId, Version, check_text, deserialize_text};

/// The id of a stream, `<stream type>-<id>`: all events of one aggregate. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// Joins a stream type and the aggregate's own id.
    ///
    /// # Errors
    /// When the result would not be a stream id, as in [`StreamId::parse`].
    pub fn new(stream_type: &str, id: &str) -> Result<Self, InvalidId> {
        Self::parse(&format!("{stream_type}-{id}"))
    }

    /// Checks the text of a stream id.
    ///
    /// # Errors
    /// When it is empty, longer than 200 bytes, holds a control character, or lacks one of its two parts.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        check_text(text, ID_BYTES_MAX)?;
        match text.split_once('-') {
            Some((stream_type, id)) if !stream_type.is_empty() && !id.is_empty() => {
                Ok(Self(text.into()))
            }
            _ => Err(InvalidId::NotAStreamId),
        }
    }

    /// The aggregate type: what stands before the first `-`.
    #[must_use]
    pub fn stream_type(&self) -> &str {
        self.0.get(..self.hyphen()).unwrap_or_default()
    }

    /// The aggregate's own id: what stands after the first `-`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get(self.hyphen() + 1..).unwrap_or_default()
    }

    /// Where the first `-` is. Types are short: looking at their bytes one by one is the quickest.
    fn hyphen(&self) -> usize {
        self.0.bytes().position(|byte| byte == b'-').unwrap_or_default()
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text(deserializer, Self::parse)
    }
}

/// What a caller believes a stream's version to be. Every kind is enforced. Its JSON is part of content hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ExpectedVersion {
    /// Nothing is expected.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// The stream has no event yet.
    #[serde(rename = "no_stream")]
    NoStream,
    /// The stream has at least one event.
    #[serde(rename = "stream_exists")]
    StreamExists,
    /// The stream's last event has exactly this version.
    #[serde(rename = "exact")]
    Exact(Version),
}

impl ExpectedVersion {
    /// Whether a stream at `actual` (zero: it does not exist) is as expected.
    #[must_use]
    pub fn holds(self, actual: Version) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == Version::ZERO,
            Self::StreamExists => actual > Version::ZERO,
            Self::Exact(expected) => expected == actual,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::NoStream => f.write_str("no stream"),
            Self::StreamExists => f.write_str("stream exists"),
            Self::Exact(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_id_has_a_type_and_an_id() {
        let id = StreamId::parse("account-a-b").expect("valid");
        assert_eq!((id.stream_type(), id.id()), ("account", "a-b"));
        for text in ["", "account", "account-", "-x"] {
            assert!(StreamId::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_kind_of_expected_version_is_enforced() {
        let v = |n| Version::new(n).expect("valid");
        let cases = [
            (ExpectedVersion::Any, 0, true),
            (ExpectedVersion::Any, 7, true),
            (ExpectedVersion::NoStream, 0, true),
            (ExpectedVersion::NoStream, 1, false),
            (ExpectedVersion::StreamExists, 0, false),
            (ExpectedVersion::StreamExists, 1, true),
            (ExpectedVersion::Exact(v(3)), 3, true),
            (ExpectedVersion::Exact(v(3)), 4, false),
            (ExpectedVersion::Exact(v(3)), 0, false),
        ];
        for (expected, actual, holds) in cases {
            assert_eq!(expected.holds(v(actual)), holds, "{expected} at {actual}");
        }
    }
}
