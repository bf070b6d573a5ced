//! Personal data inside events, marked as such from the first event on.
//!
//! A personal field is stored sealed, `{"sealed": {"subject": "…", "text": "…"}}`: encrypted under the key of the person
//! whose data it is (see [`crate::subject`]). With the key destroyed the text is gone, and every hash over the event holds.
//! Where no key store is set up it is stored as `{"plain": "…"}`, and cannot be erased.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{InvalidId, check_text};
use crate::subject::SubjectId;

/// Longest personal text, in bytes of UTF-8.
pub const PERSONAL_BYTES_MAX: usize = 1000;

/// A name or free text about a person. `Debug` does not show it, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// As it was given.
    Plain(String),
    /// As it is stored, readable with the subject's key only.
    Sealed(Sealed),
    /// As it is shown once the subject was forgotten: sealed for ever. A reason that is given after that is stored so.
    Erased,
}

/// An encrypted text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sealed {
    /// Whose key opens it.
    pub subject: SubjectId,
    /// What whoever has the key can open; base64.
    pub text: String,
}

impl Personal {
    /// Checks the text: 1 to [`PERSONAL_BYTES_MAX`] bytes, no control characters.
    ///
    /// # Errors
    /// When the text breaks one of these.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        check_text(&text, PERSONAL_BYTES_MAX)?;
        Ok(Self::Plain(text))
    }

    /// The text, for somebody who may see it; `None` where it is sealed or erased.
    #[must_use]
    pub fn reveal(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Sealed(_) | Self::Erased => None,
        }
    }

    /// The encrypted text, if it is one.
    #[must_use]
    pub fn sealed(&self) -> Option<&Sealed> {
        match self {
            Self::Sealed(sealed) => Some(sealed),
            Self::Plain(_) | Self::Erased => None,
        }
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}
