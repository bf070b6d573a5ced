//! The key of one subject.
//!
//! A text is sealed with AES-256-GCM (NIST SP 800-38D) under a random nonce of 96 bits; what is stored is the base64 of nonce,
//! ciphertext and tag. Command id and field are authenticated with it: a ciphertext that was moved to another event does not
//! open. A content hash is keyed with HMAC-SHA-256 (RFC 2104), since a bare hash of a name can be guessed for ever.

use std::fmt;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook_core::ids::CommandId;
use daybook_core::personal::{Personal, Sealed};
use daybook_core::subject::SubjectId;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

const NONCE_BYTES: usize = 12;

/// What is hashed before a content hash, so that nothing else hashed under the key can be one.
const CONTENT_HASH: &[u8] = b"daybook content hash\0";

/// A ciphertext that the key does not open: it, its event or its place in it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text was not sealed here under this key")]
pub struct NotSealedHere;

/// See the module.
#[derive(Clone)]
pub struct SubjectKey {
    cipher: Aes256Gcm,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl SubjectKey {
    /// Makes a key.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self::from_bytes(bytes))
    }

    pub(crate) fn from_bytes(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self { cipher: Aes256Gcm::new((&*bytes).into()), bytes }
    }

    /// For the key store.
    pub(crate) fn bytes(&self) -> &[u8] {
        &*self.bytes
    }

    /// Seals a text, unless it is sealed.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn seal(
        &self,
        subject: &SubjectId,
        command_id: &CommandId,
        field: &str,
        text: &mut Personal,
    ) -> Result<(), getrandom::Error> {
        let Personal::Plain(plain) = text else { return Ok(()) };
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let place = place(command_id, field);
        let payload = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("a text of a thousand bytes is far below the cipher's limit");
        let text_bytes = [&nonce[..], &sealed].concat();
        *text = Personal::Sealed(Sealed {
            subject: subject.clone(),
            text: STANDARD.encode(text_bytes),
        });
        Ok(())
    }

    /// The text that was sealed.
    ///
    /// # Errors
    /// When the key does not open it there.
    pub fn open(
        &self,
        sealed: &Sealed,
        command_id: &CommandId,
        field: &str,
    ) -> Result<String, NotSealedHere> {
        let bytes = STANDARD.decode(&sealed.text).map_err(|_| NotSealedHere)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(NotSealedHere)?;
        let place = place(command_id, field);
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let opened =
            self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| NotSealedHere)?;
        String::from_utf8(opened).map_err(|_| NotSealedHere)
    }

    /// A content hash over personal text, as it may be stored.
    #[must_use]
    pub fn keyed_hash(&self, content_hash: &[u8; 32]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.bytes).expect("HMAC takes any key");
        mac.update(CONTENT_HASH);
        mac.update(content_hash);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}

/// Where a text stands. Neither part holds a line break.
fn place(command_id: &CommandId, field: &str) -> String {
    format!("{command_id}\n{field}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(id: &str) -> CommandId {
        CommandId::new(id).expect("an id")
    }

    fn sealed(key: &SubjectKey, text: &str) -> Sealed {
        let subject = SubjectId::new("alice").expect("an id");
        let mut text = Personal::new(text).expect("a text");
        key.seal(&subject, &command("c-1"), "owner", &mut text).expect("random numbers");
        text.sealed().expect("it is sealed").clone()
    }

    fn key(byte: u8) -> SubjectKey {
        SubjectKey::from_bytes(Zeroizing::new([byte; KEY_BYTES]))
    }

    #[test]
    fn a_text_opens_with_its_key_at_its_place_and_nowhere_else() {
        let key = SubjectKey::generate().expect("random numbers");
        let sealed = sealed(&key, "Zoë O'Brien");
        assert_eq!(key.open(&sealed, &command("c-1"), "owner").as_deref(), Ok("Zoë O'Brien"));
        assert_eq!(key.open(&sealed, &command("c-2"), "owner"), Err(NotSealedHere));
        assert_eq!(key.open(&sealed, &command("c-1"), "reason"), Err(NotSealedHere));
        let other = SubjectKey::generate().expect("random numbers");
        assert_eq!(other.open(&sealed, &command("c-1"), "owner"), Err(NotSealedHere));
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let key = key(7);
        assert_ne!(sealed(&key, "Ada").text, sealed(&key, "Ada").text);
        assert!(!sealed(&key, "Ada").text.contains("Ada"));
    }

    #[test]
    fn any_change_of_a_sealed_text_shows() {
        let key = key(7);
        let good = sealed(&key, "Ada Lovelace");
        let bytes = STANDARD.decode(&good.text).expect("base64");
        for changed in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[changed] ^= 1;
            let text = STANDARD.encode(bytes);
            let bad = Sealed { text, ..good.clone() };
            assert_eq!(key.open(&bad, &command("c-1"), "owner"), Err(NotSealedHere), "{changed}");
        }
        for text in ["", "AAAA", "no base64!"] {
            let bad = Sealed { text: text.to_owned(), ..good.clone() };
            assert_eq!(key.open(&bad, &command("c-1"), "owner"), Err(NotSealedHere));
        }
    }

    /// What was sealed and hashed by an earlier build opens, and is found again.
    #[test]
    fn sealed_texts_and_keyed_hashes_are_what_they_ever_were() {
        let key = key(7);
        let hash = key.keyed_hash(&[5; 32]);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let words = crate::WordKey::from_bytes(&[7; KEY_BYTES]).words("Rent for José");
        let subject = SubjectId::new("alice").expect("an id");
        let opened = GOLDEN.lines().filter_map(|line| line.strip_prefix("sealed ")).map(|line| {
            let (text, plain) = line.split_once(' ').expect("two texts");
            let sealed = Sealed { subject: subject.clone(), text: text.to_owned() };
            let opened = key.open(&sealed, &command("c-1"), "owner").expect("it was sealed here");
            assert_eq!(opened, plain);
            format!("sealed {text} {opened}")
        });
        let mut written: Vec<_> = opened.collect();
        assert_eq!(written.len(), 1, "the file has a sealed text");
        written.push(format!("keyed content hash {hex}"));
        written.push(format!("words {:?}", words.hashes()));
        daybook_core::testing::assert_pinned("golden/keys.txt", GOLDEN, &written);
    }

    const GOLDEN: &str = include_str!("../golden/keys.txt");

    #[test]
    fn a_keyed_hash_depends_on_key_and_content() {
        assert_eq!(key(1).keyed_hash(&[5; 32]), key(1).keyed_hash(&[5; 32]));
        assert_ne!(key(1).keyed_hash(&[5; 32]), key(2).keyed_hash(&[5; 32]));
        assert_ne!(key(1).keyed_hash(&[5; 32]), key(1).keyed_hash(&[6; 32]));
    }
}
