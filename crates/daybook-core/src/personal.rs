//! Personal data inside events, marked as such from the first event on.
//!
//! A personal field is stored as `{"plain": "…"}`. The tag leaves room for another form (a sealed one) without a new
//! schema version of the events that hold it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{InvalidId, check_text};

/// Longest personal text, in bytes of UTF-8.
pub const PERSONAL_BYTES_MAX: usize = 1000;

/// A name or free text about a person. `Debug` does not show it, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// Stored as it was given.
    Plain(String),
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

    /// The text, for somebody who may see it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::Plain(text) => text,
        }
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}
