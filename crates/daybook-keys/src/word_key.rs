//! The key under which words of sealed texts are hashed.

use std::fmt;

use daybook_core::words::Words;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::key::KEY_BYTES;

/// What is kept of a word: the first 64 bits of its HMAC-SHA-256 (RFC 2104).
type Code = Hmac<Sha256>;

/// See the module.
#[derive(Clone)]
pub struct WordKey(Code);

impl WordKey {
    pub(crate) fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(Code::new_from_slice(bytes).expect("HMAC takes any key"))
    }

    /// The hashes of a text's words.
    #[must_use]
    pub fn words(&self, text: &str) -> Words {
        Words::hashed(text, |word| {
            let mut code = self.0.clone();
            code.update(word.as_bytes());
            let bytes: [u8; 32] = code.finalize().into_bytes().into();
            let (first, _) = bytes.split_first_chunk().expect("32 bytes have a first eight");
            i64::from_be_bytes(*first)
        })
    }
}

impl fmt::Debug for WordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WordKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, whose key is filled up with zeros here: HMAC does the same.
    #[test]
    fn a_word_is_known_by_its_hmac() {
        let mut key = [0; KEY_BYTES];
        key[..4].copy_from_slice(b"Jefe");
        let words = WordKey::from_bytes(&key).words("what");
        let known = hmac(&key, b"what");
        assert_eq!(words.hashes(), [known]);
        assert_ne!(WordKey::from_bytes(&[1; KEY_BYTES]).words("what"), words);
        assert_ne!(Words::of("what"), words);
    }

    fn hmac(key: &[u8], message: &[u8]) -> i64 {
        let mut code = Code::new_from_slice(key).expect("a key");
        code.update(message);
        let bytes: [u8; 32] = code.finalize().into_bytes().into();
        i64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"))
    }

    #[test]
    fn spellings_of_one_word_have_one_hash() {
        let key = WordKey::from_bytes(&[7; KEY_BYTES]);
        assert_eq!(key.words("José"), key.words("JOSE\u{301}"));
        assert_eq!(key.words("rent for rent").hashes().len(), 2);
    }
}
