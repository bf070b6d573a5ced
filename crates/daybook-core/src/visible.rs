//! Characters that nothing is seen of: two texts that differ in one of them look alike.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a character shows nothing, moves what is around it, or means what is agreed on elsewhere: control and format
/// characters (zero width, writing direction, tags), line and paragraph separators, fillers and variation selectors, private
/// use, and what Unicode has not assigned. Blanks are not among them.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character is a blank that looks like the blank of ASCII.
pub(crate) fn is_odd_blank(c: char) -> bool {
    c != ' ' && CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::SpaceSeparator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_told_from_what_is_read() {
        let invisible = [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e000}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{f0000}',
            '\u{378}',
            '\u{10ffff}',
        ];
        for c in invisible {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "aZ09 -_.:é東京ёß\u{301}€🦀".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
        assert!(is_odd_blank('\u{a0}') && is_odd_blank('\u{3000}') && !is_odd_blank(' '));
    }
}
