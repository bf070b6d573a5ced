//! Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures. Only Ed25519 signatures are made and
//! verified; others are let pass unread, as the standard asks, so that witnesses may add theirs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{PrivateKey, PublicKey, is_key_name};

/// What a line of a signature begins with: an em dash and a space.
const SIGNATURE_START: &str = "\u{2014} ";

/// Signatures on a note, at most; the standard asks for at least 16.
const SIGNATURES_MAX: usize = 100;

/// Why a text is not a note that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not laid out as a signed note.
    #[error("not a signed note")]
    Malformed,
    /// A signature that bears the name and id of a known key is not by that key.
    #[error("the signature by key {0} does not verify")]
    Forged(String),
    /// None of its signatures is by a known key.
    #[error("no signature by a known key")]
    Unverified,
}

/// A note of `text`, which ends with a newline, signed by each of `keys` in their order.
///
/// # Errors
/// When the text cannot be that of a note.
pub fn sign(text: &str, keys: &[&PrivateKey]) -> Result<String, NoteError> {
    if !is_note_text(text) || !text.ends_with('\n') || keys.is_empty() {
        return Err(NoteError::Malformed);
    }
    let mut note = format!("{text}\n");
    for key in keys {
        let public = key.public();
        let mut signature = public.id().to_be_bytes().to_vec();
        signature.extend_from_slice(&key.sign(text.as_bytes()));
        let signature = STANDARD.encode(signature);
        note.push_str(&format!("{SIGNATURE_START}{} {signature}\n", public.name()));
    }
    Ok(note)
}

/// The text of a note, and those of `keys` that signed it, at least one.
///
/// # Errors
/// When it is no note, or none of `keys` signed it, or one of them is said to have and has not.
pub fn open<'n, 'k>(
    note: &'n str,
    keys: &'k [PublicKey],
) -> Result<(&'n str, Vec<&'k PublicKey>), NoteError> {
    let (text, signatures) = parse(note)?;
    let mut signers: Vec<&PublicKey> = Vec::new();
    for (name, signature) in signatures {
        let Some((id, signature)) = signature.split_first_chunk() else {
            return Err(NoteError::Malformed);
        };
        let id = u32::from_be_bytes(*id);
        let Some(key) = keys.iter().find(|key| key.name() == name && key.id() == id) else {
            continue;
        };
        if !key.verifies(text.as_bytes(), signature) {
            return Err(NoteError::Forged(format!("{name}+{id:08x}")));
        }
        if !signers.contains(&key) {
            signers.push(key);
        }
    }
    if signers.is_empty() { Err(NoteError::Unverified) } else { Ok((text, signers)) }
}

/// The text of a note, whoever signed it: for showing, not for trusting.
///
/// # Errors
/// When it is no note.
pub fn unverified_text(note: &str) -> Result<&str, NoteError> {
    Ok(parse(note)?.0)
}

/// Who signed and with what.
type RawSignature<'n> = (&'n str, Vec<u8>);

fn parse(note: &str) -> Result<(&str, Vec<RawSignature<'_>>), NoteError> {
    if !is_note_text(note) {
        return Err(NoteError::Malformed);
    }
    let split = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, lines) = (&note[..=split], &note[split + 2..]);
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let signatures: Option<Vec<_>> =
        lines.split('\n').take(SIGNATURES_MAX + 1).map(signature).collect();
    match signatures {
        Some(signatures) if signatures.len() <= SIGNATURES_MAX => Ok((text, signatures)),
        _ => Err(NoteError::Malformed),
    }
}

fn signature(line: &str) -> Option<RawSignature<'_>> {
    let (name, signature) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
    let signature = STANDARD.decode(signature).ok()?;
    (is_key_name(name) && signature.len() > 4).then_some((name, signature))
}

fn is_note_text(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 || byte == b'\n')
}
