//! Making text safe to show.

use serde::Serialize;

/// Text that somebody else wrote, with every character made visible that could move the cursor, forge a line or reverse
/// the reading order.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        if is_unsafe(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
        safe
    })
}

/// One line of JSON. Control characters that JSON itself lets through are escaped as well.
pub(crate) fn json_line<T: Serialize>(value: &T) -> String {
    let json =
        serde_json::to_string(value).expect("our own types have text keys and no failing parts");
    let mut line = json.chars().fold(String::with_capacity(json.len() + 1), |mut line, c| {
        if is_unsafe(c) {
            // Such a character can only stand inside a text, where JSON has this form for it; all are below U+10000.
            line.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            line.push(c);
        }
        line
    });
    line.push('\n');
    line
}

fn is_unsafe(c: char) -> bool {
    let reorders =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_line = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || reorders || breaks_line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_the_cursor_or_forge_a_line_is_made_visible() {
        assert_eq!(escape("Ann\u{1b}[2J\nBob"), "Ann\\u{1b}[2J\\u{a}Bob");
        assert_eq!(escape("\u{202e}evil"), "\\u{202e}evil");
        assert_eq!(escape("Zoë, 東京"), "Zoë, 東京");
    }

    #[test]
    fn json_holds_no_raw_control_character_and_reads_back_the_same() {
        let line = json_line(&"a\u{1b}\u{9b}\u{202e}\u{7f}b");
        assert!(!line.trim_end().chars().any(is_unsafe));
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), "a\u{1b}\u{9b}\u{202e}\u{7f}b");
    }
}
