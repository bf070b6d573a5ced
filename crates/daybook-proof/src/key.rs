//! Ed25519 keys as signed notes name them, and the file that holds a log's keys.
//!
//! As text a public key is `<name>+<id>+<base64 of 0x01 ‖ key>`, a private one `PRIVATE+KEY+<name>+<id>+<base64 of 0x01 ‖
//! seed>`: the forms that the note tools of the Go project read as well. The name is the origin of the checkpoints that
//! it signs.
//!
//! **Invariant:** a private key leaves this module as a signature, or as the text of a key file, and in no other way:
//! neither `Debug` nor an error shows any of it, and its memory is wiped.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::hash::sha256;

/// The signature type of Ed25519 in signed notes.
const ED25519: u8 = 0x01;

/// What the text of a private key begins with.
const PRIVATE: &str = "PRIVATE+KEY+";

/// Longest name of a key, in bytes: it is a line of every checkpoint.
const NAME_BYTES_MAX: usize = 200;

/// Bytes of the seed that a private key is made of.
pub const SEED_BYTES: usize = 32;

/// Why a text is no key. Says nothing of what stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// See [`is_key_name`].
    #[error("a key's name is 1 to 200 bytes without spaces, control characters and `+`")]
    Name,
    /// Not laid out as one.
    #[error("not the text of an Ed25519 key")]
    Malformed,
    /// The id does not follow from name and key: something was changed or cut.
    #[error("the key's id does not belong to it")]
    Id,
    /// A key file begins with the private key.
    #[error("the file holds no private key")]
    NoPrivateKey,
    /// Each checkpoint would have too many signatures.
    #[error(
        "{} keys sign already beside the newest one; wait until one of them has ended",
        REPLACED_MAX
    )]
    TooMany,
    /// All keys of a file are of one log.
    #[error("the file holds keys of several names")]
    Names,
}

/// Whether a text can be the name of a key, such as `ledger.example.com/main`.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    let allowed = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(allowed)
}

/// A key that signatures are verified with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl PublicKey {
    fn new(name: &str, key: VerifyingKey) -> Self {
        let hash = sha256(&[name.as_bytes(), b"\n", &[ED25519], key.as_bytes()]);
        let [a, b, c, d, ..] = hash.0;
        Self { name: name.to_owned(), id: u32::from_be_bytes([a, b, c, d]), key }
    }

    /// Reads the text of a public key.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, bytes) = parse(text)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Malformed)?;
        with_id(Self::new(name, key), id)
    }

    /// Whose it is: the origin of the checkpoints that it verifies.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells the keys of one name apart.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether a signature of a message is by this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.name, self.id, self.key.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key that signs.
pub struct PrivateKey {
    public: PublicKey,
    key: SigningKey,
}

impl PrivateKey {
    /// The key of a seed, which must be random.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn from_seed(name: &str, seed: &[u8; SEED_BYTES]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = SigningKey::from_bytes(seed);
        Ok(Self { public: PublicKey::new(name, key.verifying_key()), key })
    }

    /// Reads the text of a private key.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, seed) = parse(text.strip_prefix(PRIVATE).ok_or(KeyError::Malformed)?)?;
        let key = Self::from_seed(name, &seed)?;
        if key.public.id == id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// What its signatures are verified with.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The secret itself, for a key file and nothing else.
    fn secret_text(&self) -> String {
        format!("{PRIVATE}{}", text(&self.public.name, self.public.id, self.key.as_bytes()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public)
    }
}

fn text(name: &str, id: u32, key: &[u8; 32]) -> String {
    let mut typed = vec![ED25519];
    typed.extend_from_slice(key);
    format!("{name}+{id:08x}+{}", STANDARD.encode(typed))
}

fn parse(text: &str) -> Result<(&str, u32, [u8; 32]), KeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Malformed);
    };
    if !is_key_name(name) {
        return Err(KeyError::Name);
    }
    let bytes = STANDARD.decode(key).map_err(|_| KeyError::Malformed)?;
    let bytes = bytes.strip_prefix(&[ED25519]).ok_or(KeyError::Malformed)?;
    let bytes = bytes.try_into().map_err(|_| KeyError::Malformed)?;
    let hexadecimal = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = u32::from_str_radix(id, 16).ok().filter(|_| hexadecimal);
    Ok((name, id.ok_or(KeyError::Malformed)?, bytes))
}

fn with_id(key: PublicKey, id: u32) -> Result<PublicKey, KeyError> {
    if key.id == id { Ok(key) } else { Err(KeyError::Id) }
}

/// What the line of a key that is being replaced begins with: it signs beside the new one until the time that follows.
const SIGNS_UNTIL: &str = "SIGNS-UNTIL ";

/// Keys that sign beside the new one, at most: a checkpoint is read by everybody, and has a line for each.
const REPLACED_MAX: usize = 8;

/// The keys of one log: the one that signs, and those that did before, for what they signed.
#[derive(Debug)]
pub struct KeyFile {
    /// Signs.
    pub private: PrivateKey,
    /// Sign too, so that holders of their public keys have time to get the new one; the latest first.
    pub replaced: Vec<ReplacedKey>,
    /// Only verify; the latest first.
    pub retired: Vec<PublicKey>,
}

/// A key that signs beside the one that replaced it, for some time.
#[derive(Debug)]
pub struct ReplacedKey {
    /// Signs.
    pub private: PrivateKey,
    /// Until then.
    pub until: OffsetDateTime,
}

impl KeyFile {
    /// The file of a key that is the first of its name.
    #[must_use]
    pub fn new(private: PrivateKey) -> Self {
        Self { private, replaced: Vec::new(), retired: Vec::new() }
    }

    /// Reads the text of a key file, a line each: the private key, those that it replaces and that still sign, retired
    /// public ones; `#` begins a comment.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let private = PrivateKey::parse(lines.next().ok_or(KeyError::NoPrivateKey)?)?;
        let mut keys = Self::new(private);
        for line in lines {
            match line.strip_prefix(SIGNS_UNTIL) {
                Some(replaced) => keys.replaced.push(ReplacedKey::parse(replaced)?),
                None => keys.retired.push(PublicKey::parse(line)?),
            }
        }
        let name = keys.private.public.name.as_str();
        if keys.public_keys().iter().any(|key| key.name != name) {
            return Err(KeyError::Names);
        }
        Ok(keys)
    }

    /// The key of a new seed signs from now on. The one before goes on to sign beside it `until` then, where that lies ahead,
    /// and verifies for ever.
    ///
    /// # Errors
    /// When too many would sign.
    pub fn rotate(
        self,
        seed: &[u8; SEED_BYTES],
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Self, KeyError> {
        let private = PrivateKey::from_seed(self.private.public.name(), seed)?;
        let before = ReplacedKey { private: self.private, until };
        let (replaced, ended): (Vec<_>, Vec<_>) =
            [before].into_iter().chain(self.replaced).partition(|key| key.until > now);
        if replaced.len() > REPLACED_MAX {
            return Err(KeyError::TooMany);
        }
        let ended = ended.into_iter().map(|key| key.private.public);
        Ok(Self { private, replaced, retired: ended.chain(self.retired).collect() })
    }

    /// Those that sign at a time, the newest first.
    #[must_use]
    pub fn signers(&self, now: OffsetDateTime) -> Vec<&PrivateKey> {
        let replaced = self.replaced.iter().filter(|key| key.until > now);
        [&self.private].into_iter().chain(replaced.map(|key| &key.private)).collect()
    }

    /// All that verify, the one that signs first.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        let mut keys = vec![self.private.public.clone()];
        keys.extend(self.replaced.iter().map(|key| key.private.public.clone()));
        keys.extend(self.retired.iter().cloned());
        keys
    }

    /// The text of the file. It holds the secret.
    #[must_use]
    pub fn secret_text(&self) -> String {
        let mut text = format!(
            "# Signs the checkpoints of a Daybook log. Whoever has this line can sign false ones: keep it at mode 0600,\n\
             # out of repositories and out of the log's own backups.\n{}\n",
            self.private.secret_text()
        );
        if !self.replaced.is_empty() {
            text.push_str("# Replaced: they sign too, each until its time; the latest first.\n");
        }
        for ReplacedKey { private, until } in &self.replaced {
            let until = until.format(&Rfc3339).unwrap_or_default();
            text.push_str(&format!("{SIGNS_UNTIL}{until} {}\n", private.secret_text()));
        }
        if !self.retired.is_empty() {
            text.push_str("# Retired: they verify what they signed; the latest first.\n");
        }
        for key in &self.retired {
            text.push_str(&format!("{key}\n"));
        }
        text
    }
}

impl ReplacedKey {
    fn parse(text: &str) -> Result<Self, KeyError> {
        let (until, private) = text.split_once(' ').ok_or(KeyError::Malformed)?;
        let until = OffsetDateTime::parse(until, &Rfc3339).map_err(|_| KeyError::Malformed)?;
        Ok(Self { private: PrivateKey::parse(private.trim_start())?, until })
    }
}
