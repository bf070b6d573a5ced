//! Words of free texts, as they are looked for: runs of letters and digits, whatever their case.

use std::ops::Range;

/// Longest word, in bytes: of what is longer its beginning is the word. PostgreSQL's text search holds 2,046.
const WORD_BYTES_MAX: usize = 256;

/// The words of a text in lower case, each once, in the order of their bytes.
///
/// One value can be filled with the words of text after text, and then takes no memory for each.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// All of them, one behind the other.
    letters: String,
    places: Vec<Range<usize>>,
}

impl Words {
    /// Those of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut words = Self::default();
        words.read(text);
        words
    }

    /// Those of a text, in place of what was here.
    pub fn read(&mut self, text: &str) {
        self.letters.clear();
        self.places.clear();
        for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
            self.push(run);
        }
        let letters = &self.letters;
        self.places.sort_unstable_by_key(|place| &letters[place.clone()]);
        self.places.dedup_by_key(|place| &letters[place.clone()]);
    }

    fn push(&mut self, run: &str) {
        let begin = self.letters.len();
        for c in run.chars() {
            self.letters.extend(c.to_lowercase());
            if self.letters.len() - begin >= WORD_BYTES_MAX {
                break;
            }
        }
        self.places.push(begin..self.letters.len());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| &self.letters[place.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Words::of(text).iter().map(str::to_owned).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        assert_eq!(words("Rent, for No. 17b (Straße)!"), ["17b", "for", "no", "rent", "straße"]);
        assert_eq!(words("ÜBER-weisung 1.5"), ["1", "5", "weisung", "über"]);
        assert_eq!(words("'; & | <-> :*"), [""; 0]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn each_word_is_there_once() {
        assert_eq!(words("rent Rent RENT due rent"), ["due", "rent"]);
    }

    #[test]
    fn a_long_word_is_its_beginning() {
        assert_eq!(words(&"x".repeat(3000)), ["x".repeat(WORD_BYTES_MAX)]);
        assert_eq!(words(&"Ⱥ".repeat(3000)), ["ⱥ".repeat(86)]);
    }

    #[test]
    fn nothing_is_left_of_the_text_before() {
        let mut words = Words::of("rent for march");
        words.read("due");
        assert_eq!(words.iter().collect::<Vec<_>>(), ["due"]);
        assert_eq!(words.len(), 1);
    }
}
