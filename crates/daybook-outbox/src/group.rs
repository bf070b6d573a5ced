//! Projector groups: each has lists of its own and so gets every event; the instances of one group share them.

use std::fmt;
use std::str::FromStr;

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The name of a projector group: 1 to 64 of `A–Z a–z 0–9 . _ -`, so that it can stand in a Redis key as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(String);

/// Why a text is not a group's name.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a group name: 1 to 64 of A-Z a-z 0-9 . _ -")]
pub struct InvalidGroup(String);

impl FromStr for Group {
    type Err = InvalidGroup;

    fn from_str(name: &str) -> Result<Self, InvalidGroup> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(allowed) {
            return Err(InvalidGroup(name.chars().take(NAME_BYTES_MAX).collect()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_name_cannot_change_the_key_it_stands_in() {
        assert!("reporting-2.eu_west".parse::<Group>().is_ok());
        for name in ["", "a b", "{1}", "a:b", "é", &"x".repeat(65)] {
            assert!(name.parse::<Group>().is_err(), "{name:?}");
        }
    }
}
