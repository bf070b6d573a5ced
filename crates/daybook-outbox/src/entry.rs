//! An entry of an outbox list: the position of an event in the log, as decimal text, and nothing else.
//!
//! Anybody who may write to Redis can push anything, so an entry says only where to look: what is applied is read from the
//! log. A position that the log does not hold moves nothing.

use daybook_core::ids::Position;

/// Longest entry, in bytes: the digits of 2^63 - 1.
const BYTES_MAX: usize = 19;

/// Reads an entry; `None` where it is not the one spelling of a position that the publisher writes.
pub(crate) fn decode(bytes: &[u8]) -> Option<Position> {
    let canonical = bytes.len() <= BYTES_MAX
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes.first().is_some_and(|first| *first != b'0');
    let text = std::str::from_utf8(bytes).ok().filter(|_| canonical)?;
    Position::new(text.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_one_spelling_and_nothing_else_is_an_entry() {
        for position in [1, 42, 9_007_199_254_740_993, i64::MAX] {
            let expected = Position::new(position).unwrap();
            assert_eq!(decode(position.to_string().as_bytes()), Some(expected));
        }
        let others = [
            "",
            "0",
            "-1",
            "+1",
            "01",
            " 1",
            "1 ",
            "1\n",
            "1\0",
            "1.0",
            "1e3",
            "0x1",
            "x",
            "{}",
            "9223372036854775808",
            "99999999999999999999",
            "\u{661}",
        ];
        for other in others {
            assert_eq!(decode(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(decode(&[0xff]), None);
    }
}
