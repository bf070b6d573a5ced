//! Words of free texts, as they are looked for: runs of letters and digits, whatever their case, each known by its hash.
//!
//! The hash is FNV-1a of 64 bits over the word's UTF-8 bytes in lower case (Fowler, Noll and Vo; draft-eastlake-fnv). It is
//! stored, and so stays as it is. By chance two words have the same once in 2^64; whoever makes two such on purpose has a
//! text of his found by a word that it does not hold, and nothing that is looked for is missed.

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The words of a text, each once, in the order of their hashes.
///
/// One value can be filled with the words of text after text, and then takes no memory for each.
#[derive(Debug, Clone, Default)]
pub struct Words(Vec<i64>);

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
        let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
        self.0.clear();
        self.0.extend(runs.map(hash));
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// Their hashes, as they are stored: the 64 bits of each as a number with a sign.
    #[must_use]
    pub fn hashes(&self) -> &[i64] {
        &self.0
    }
}

fn hash(word: &str) -> i64 {
    let mut hash = FNV_OFFSET;
    for c in word.chars().flat_map(char::to_lowercase) {
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_whatever_their_case() {
        let of = |text| Words::of(text).hashes().to_vec();
        let sorted = |words: &[&str]| {
            let mut hashes: Vec<i64> = words.iter().map(|word| hash(word)).collect();
            hashes.sort_unstable();
            hashes
        };
        assert_eq!(
            of("Rent, for No. 17b (Straße)!"),
            sorted(&["17b", "for", "no", "rent", "straße"])
        );
        assert_eq!(of("ÜBER-weisung 1.5"), sorted(&["1", "5", "weisung", "über"]));
        assert_eq!(of("'; & | <-> :*"), [0; 0]);
        assert_eq!(of(""), [0; 0]);
    }

    #[test]
    fn each_word_is_there_once() {
        assert_eq!(Words::of("rent Rent RENT due rent").hashes().len(), 2);
    }

    #[test]
    fn nothing_is_left_of_the_text_before() {
        let mut words = Words::of("rent for march");
        words.read("due");
        assert_eq!(words.hashes(), Words::of("due").hashes());
    }

    /// The function's published vectors.
    #[test]
    fn the_hash_is_fnv_1a() {
        for (word, known) in [
            ("", 0xcbf2_9ce4_8422_2325_u64),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(hash(word).cast_unsigned(), known, "{word}");
        }
    }
}
