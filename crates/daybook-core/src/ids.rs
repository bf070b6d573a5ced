//! Newtypes for the strings and numbers that must never be mixed up.
//!
//! Text ids are checked once, when they are made: 1 to [`ID_BYTES_MAX`] bytes and no control characters (a NUL would be
//! refused by PostgreSQL, a line break would forge log lines). One that is to be recorded is checked more strictly than one
//! that is read (`fresh`): logs hold ids of times when less was refused. Numbers are non-negative `i64`, the range of the
//! database's `bigint`.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

use crate::visible::{is_invisible, is_odd_blank};

/// Longest text id, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 200;

/// Longest id of an aggregate inside its type, in bytes; leaves room for the stream type before it.
pub const KEY_BYTES_MAX: usize = 100;

/// Why a text or a number cannot be the id it was meant to be. `Display` says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// More than the allowed number of bytes.
    #[error("has {actual} bytes, at most {max} are allowed")]
    TooLong {
        /// Bytes given.
        actual: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A character that the id may not hold.
    #[error("holds the character {0:?}, which is not allowed here")]
    Character(char),
    /// A stream id that is not `<type>-<id>`.
    #[error("is not a stream id of the form `<type>-<id>`")]
    NotAStreamId,
    /// A number outside 0 ..= i64::MAX.
    #[error("is {0}, which is below zero")]
    Negative(i64),
}

/// Checks the rules that every text id obeys.
///
/// # Errors
/// When the text is empty, has more than `max` bytes, or holds a control character.
pub fn check_text(text: &str, max: usize) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > max {
        return Err(InvalidId::TooLong { actual: text.len(), max });
    }
    // Most texts are ASCII, and bytes are looked at several at a time.
    if text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(InvalidId::Character(c)),
        None => Ok(()),
    }
}

/// Refuses characters that nothing is seen of, and blanks other than that of ASCII: two ids that look alike are one to whoever
/// reads them.
///
/// # Errors
/// When the text holds such a character.
pub fn check_visible(text: &str) -> Result<(), InvalidId> {
    if text.is_ascii() {
        return Ok(());
    }
    match text.chars().find(|c| is_invisible(*c) || is_odd_blank(*c)) {
        Some(c) => Err(InvalidId::Character(c)),
        None => Ok(()),
    }
}

/// Reads a text and makes something of it. It is not copied first, as it is where it is read as a `Cow`.
///
/// # Errors
/// When there is no text, or `make` refuses it.
pub fn deserialize_text<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    make: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    struct Text<T, E>(fn(&str) -> Result<T, E>);

    impl<T, E: fmt::Display> Visitor<'_> for Text<T, E> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<T, F> {
            (self.0)(text).map_err(F::custom)
        }
    }

    deserializer.deserialize_str(Text(make))
}

/// Checks an aggregate's own id: 1 to [`KEY_BYTES_MAX`] of `A–Z a–z 0–9 . _ : -`.
///
/// # Errors
/// When the text is empty, too long, or holds another character.
pub fn check_key(text: &str) -> Result<(), InvalidId> {
    check_text(text, KEY_BYTES_MAX)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(InvalidId::Character(c)),
        None => Ok(()),
    }
}

/// Checks an id that others made.
fn check_id(text: &str) -> Result<(), InvalidId> {
    check_text(text, ID_BYTES_MAX)
}

/// A newtype of text that obeys `$check`, cheap to clone. A domain's crate that uses it depends on `serde`.
#[macro_export]
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident: $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(::std::sync::Arc<str>);

        impl $name {
            /// Checks the text and makes the id.
            ///
            /// # Errors
            /// When the text is empty, too long, or holds a character that the id may not hold.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $crate::ids::InvalidId> {
                let text = text.as_ref();
                $check(text)?;
                Ok(Self(text.into()))
            }

            /// Checks the text of an id that is to be recorded: it may hold nothing invisible either.
            ///
            /// # Errors
            /// As [`Self::new`], and when a character cannot be seen or only looks like a blank.
            pub fn fresh(text: impl AsRef<str>) -> Result<Self, $crate::ids::InvalidId> {
                let id = Self::new(text)?;
                $crate::ids::check_visible(&id.0)?;
                Ok(id)
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::ids::deserialize_text(deserializer, |text| Self::new(text))
            }
        }
    };
}

/// The id of an aggregate inside its type: a checked key, and the stream that it names. A domain's crate that uses it depends
/// on `serde`.
#[macro_export]
macro_rules! aggregate_id {
    ($(#[$doc:meta])* $name:ident in $stream_type:path) => {
        $crate::ids::text_id! { $(#[$doc])* $name: $crate::ids::check_key }

        impl $name {
            /// The stream that holds the events.
            #[must_use]
            pub fn stream_id(&self) -> $crate::stream::StreamId {
                $crate::stream::StreamId::new($stream_type, &self.0)
                    .expect("a stream type and a checked key make a stream id")
            }

            /// The id in a stream's id; `None` where the stream holds something else.
            #[must_use]
            pub fn of_stream(stream_id: &$crate::stream::StreamId) -> Option<Self> {
                (stream_id.stream_type() == $stream_type)
                    .then(|| Self::new(stream_id.id()).ok())
                    .flatten()
            }
        }
    };
}

pub use {aggregate_id, text_id};

text_id! {
    /// Who did it: the authenticated caller, never a field of the request's body.
    Actor: check_id
}

impl Actor {
    /// Who a caller says they are, in Unicode's normal form NFC: one spelling of a name is one actor.
    ///
    /// # Errors
    /// As [`Actor::fresh`].
    pub fn normalised(name: &str) -> Result<Self, InvalidId> {
        Self::fresh(ComposingNormalizerBorrowed::new_nfc().normalize(name))
    }
}

text_id! {
    /// The caller's id for a command, by which a retry is recognised.
    CommandId: check_id
}
text_id! {
    /// The id of the whole business operation; set at the edge, copied, never invented again.
    CorrelationId: check_id
}
text_id! {
    /// The id of the message that directly caused this one.
    CausationId: check_id
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name(i64);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);
            /// The greatest that can be stored.
            pub const MAX: Self = Self(i64::MAX);

            /// Checks the number.
            ///
            /// # Errors
            /// When it is below zero.
            pub fn new(number: i64) -> Result<Self, InvalidId> {
                if number < 0 { Err(InvalidId::Negative(number)) } else { Ok(Self(number)) }
            }

            /// The plain number.
            #[must_use]
            pub fn get(self) -> i64 {
                self.0
            }

            /// The one after this; a log would need 292 years at a billion events a second to run out of them.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl TryFrom<i64> for $name {
            type Error = InvalidId;
            fn try_from(number: i64) -> Result<Self, InvalidId> {
                Self::new(number)
            }
        }

        impl From<$name> for i64 {
            fn from(counter: $name) -> i64 {
                counter.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// An event's place in the whole log: 1, 2, 3 … without gaps, in commit order. Zero is before the first.
    Position
}
counter! {
    /// An event's number inside its stream: 1, 2, 3 … without gaps. Zero says that the stream does not exist.
    Version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ids_refuse_what_the_database_or_a_log_line_could_not_hold() {
        assert_eq!(Actor::new(""), Err(InvalidId::Empty));
        assert_eq!(Actor::new("a\0b"), Err(InvalidId::Character('\0')));
        assert_eq!(Actor::new("a\nb"), Err(InvalidId::Character('\n')));
        assert_eq!(Actor::new("x".repeat(201)), Err(InvalidId::TooLong { actual: 201, max: 200 }));
        assert!(Actor::new("x".repeat(200)).is_ok());
        assert!(serde_json::from_str::<Actor>("\"\"").is_err());
    }

    #[test]
    fn an_id_to_be_recorded_holds_nothing_that_cannot_be_seen_and_one_that_was_is_still_read() {
        for c in ['\u{200b}', '\u{202e}', '\u{feff}', '\u{e000}', '\u{378}', '\u{a0}', '\u{fe0f}'] {
            let text = format!("clerk{c}");
            assert_eq!(Actor::fresh(&text), Err(InvalidId::Character(c)));
            assert!(Actor::new(&text).is_ok(), "{c:?}");
            assert!(serde_json::from_str::<Actor>(&format!("\"{text}\"")).is_ok(), "{c:?}");
        }
        assert_eq!(Actor::fresh("a\u{7}"), Err(InvalidId::Character('\u{7}')));
        for text in ["clerk ann", "Zoë", "東京", "e\u{301}"] {
            assert!(Actor::fresh(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_actor_has_one_spelling() {
        assert_eq!(Actor::normalised("Jose\u{301}"), Actor::new("José"));
        assert_eq!(Actor::normalised("山田 太郎"), Actor::new("山田 太郎"));
        for c in ['\n', '\u{200b}', '\u{202e}', '\u{a0}'] {
            assert_eq!(Actor::normalised(&format!("a{c}b")), Err(InvalidId::Character(c)));
        }
    }

    #[test]
    fn positions_are_never_negative() {
        assert!(Position::new(-1).is_err());
        assert!(serde_json::from_str::<Position>("-1").is_err());
        assert_eq!(Position::ZERO.next().get(), 1);
    }
}
