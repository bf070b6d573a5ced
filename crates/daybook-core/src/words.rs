//! Words of free texts, as they are looked for: runs of letters, digits and the marks on them.
//!
//! Two spellings of one word are the same: texts are compared by Unicode's compatibility caseless matching (definition D146:
//! NFKC, full case folding), without characters that nobody sees. What is stored of a word is a hash of 64 bits: of a plain
//! text's its FNV-1a (Fowler, Noll and Vo; draft-eastlake-fnv), of a sealed text's one under a key. Whoever changes what a
//! word is raises the version of the read model that stores hashes, so that it is built again.

use std::borrow::Cow;
use std::collections::BTreeSet;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The hashes of a text's words, each once, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(Vec<i64>);

impl Words {
    /// Those of a plain text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::hashed(text, hash)
    }

    /// Those of a text, by another hash.
    #[must_use]
    pub fn hashed(text: &str, hash: impl Fn(&str) -> i64) -> Self {
        let mut hashes: Vec<i64> = split(&folded(text)).map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The hashes, as they are stored: the 64 bits of each as a number with a sign.
    #[must_use]
    pub fn hashes(&self) -> &[i64] {
        &self.0
    }
}

/// Whether a text holds all words of another, which says more than that it holds their hashes.
#[must_use]
pub fn holds_words(text: &str, sought: &str) -> bool {
    let text = folded(text);
    let words: BTreeSet<&str> = split(&text).collect();
    split(&folded(sought)).all(|word| words.contains(word))
}

/// Whether a text holds any word.
#[must_use]
pub fn has_words(text: &str) -> bool {
    split(&folded(text)).next().is_some()
}

fn split(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !is_part_of_word(c)).filter(|word| !word.is_empty())
}

fn is_part_of_word(c: char) -> bool {
    let is_mark =
        || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
    c.is_alphanumeric() || !c.is_ascii() && is_mark()
}

/// A text as it is compared.
fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    let is_hidden = |c: &char| CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(*c);
    let seen: String = text.chars().filter(|c| !is_hidden(c)).collect();
    let (fold, nfkd) = (CaseMapper::new(), DecomposingNormalizerBorrowed::new_nfkd());
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&seen);
    let once = fold.fold_string(&decomposed);
    let twice = nfkd.normalize(&once);
    let twice = fold.fold_string(&twice);
    Cow::Owned(ComposingNormalizerBorrowed::new_nfkc().normalize(&twice).into_owned())
}

fn hash(word: &str) -> i64 {
    let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
    word.bytes().fold(FNV_OFFSET, add).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(&folded(text)).map(str::to_owned).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_whatever_their_case() {
        assert_eq!(words("Rent, for No. 17b"), ["rent", "for", "no", "17b"]);
        assert_eq!(words("ÜBER-weisung 1.5"), ["über", "weisung", "1", "5"]);
        for none in ["'; & | <-> :*", "", "\u{200b}\u{00ad}"] {
            assert_eq!(words(none), [""; 0]);
            assert!(!has_words(none));
        }
    }

    #[test]
    fn spellings_of_one_word_are_the_same() {
        for (one, other) in [
            ("José", "Jose\u{301}"),
            ("JOSÉ", "jose\u{301}"),
            ("Straße", "STRASSE"),
            ("Ångström", "A\u{30a}NGSTRO\u{308}M"),
            ("ﬁle", "FILE"),
            ("ＡＢＣ１２３", "abc123"),
            ("ΌΣΟΣ", "όσος"),
            ("\u{1f80}", "\u{1f08}\u{345}"),
            ("Kauf\u{ad}mann", "kaufmann"),
            ("नि\u{200d}र्", "नि\u{930}\u{94d}"),
        ] {
            assert_eq!(Words::of(one), Words::of(other), "{one} {other}");
            assert_eq!(Words::of(one).hashes().len(), 1, "{one}");
            assert!(holds_words(&format!("because of {one}."), other));
        }
        assert_ne!(Words::of("José"), Words::of("Jose"), "accents count");
    }

    #[test]
    fn a_text_holds_words_in_any_order_and_each_of_them() {
        assert!(holds_words("rent for March", "MARCH rent"));
        assert!(!holds_words("rent for March", "rent due"));
        assert!(!holds_words("rental", "rent"));
    }

    #[test]
    fn each_word_is_there_once() {
        assert_eq!(Words::of("rent Rent RENT due rent").hashes().len(), 2);
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
