//! Making text safe to show.

use daybook_core::visible::is_invisible;
use serde::Serialize;

/// Text that others wrote, with every character made visible that could move the cursor, forge a line, reverse the reading
/// order, or make two texts look alike.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        if is_invisible(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
        safe
    })
}

/// One line of JSON. What [`escape`] makes visible is escaped here too, as JSON does it.
pub(crate) fn json_line<T: Serialize>(value: &T) -> String {
    let json =
        serde_json::to_string(value).expect("our own types have text keys and no failing parts");
    let mut line = json.chars().fold(String::with_capacity(json.len() + 1), |mut line, c| {
        if is_invisible(c) {
            // Such a character can only be inside a text, where JSON has this form for it.
            for unit in c.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(c);
        }
        line
    });
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_the_cursor_or_forge_a_line_is_made_visible() {
        assert_eq!(escape("Ann\u{1b}[2J\nBob"), "Ann\\u{1b}[2J\\u{a}Bob");
        assert_eq!(escape("\u{202e}evil"), "\\u{202e}evil");
        assert_eq!(escape("cle\u{200b}rk\u{e0041}"), "cle\\u{200b}rk\\u{e0041}");
        assert_eq!(escape("Zoë, 東京"), "Zoë, 東京");
    }

    #[test]
    fn json_holds_no_raw_control_character_and_reads_back_the_same() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{7f}\u{200b}\u{e0041}b";
        let line = json_line(&text);
        assert!(!line.trim_end().chars().any(is_invisible));
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
