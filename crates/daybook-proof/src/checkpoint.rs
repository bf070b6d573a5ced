//! Checkpoints (C2SP tlog-checkpoint): how many events the log has, and the root of their tree, signed. Whoever keeps one
//! can tell for ever whether history up to there is still what it was.

use crate::hash::Hash;
use crate::key::{PrivateKey, PublicKey};
use crate::note::{self, NoteError};

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    /// Leaves of the tree: it covers positions 1 to this one.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
}

/// Why a text is not a checkpoint that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is not signed by whom it must be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text that is signed is not that of a checkpoint.
    #[error("the signed text is not a checkpoint")]
    Malformed,
    /// It is signed, and by a key of another log.
    #[error("the checkpoint is of `{origin}`, the key that signed it of `{signer}`")]
    Origin {
        /// What the checkpoint says.
        origin: String,
        /// What the key says.
        signer: String,
    },
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads that text. Further lines, which the standard allows and nobody should use, are passed over.
    ///
    /// # Errors
    /// When it is not the text of a checkpoint.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Malformed)?;
        let lines: Vec<&str> = body.split('\n').collect();
        let [origin, size, root, ..] = lines[..] else { return Err(malformed) };
        if lines.contains(&"") {
            return Err(malformed);
        }
        let number: u64 = size.parse().map_err(|_| CheckpointError::Malformed)?;
        // Neither a sign nor leading zeros.
        if number.to_string() != size {
            return Err(malformed);
        }
        let root = Hash::from_base64(root).ok_or(malformed)?;
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }

    /// Signs it with each of `keys`; the first is the one that the checkpoint is known by. The caller has made sure that it
    /// continues every checkpoint that was signed before.
    ///
    /// # Errors
    /// When the origin cannot stand in a note, or there is no key.
    pub fn sign(self, keys: &[&PrivateKey]) -> Result<SignedCheckpoint, NoteError> {
        let note = note::sign(&self.text(), keys)?;
        let key_id = keys.first().ok_or(NoteError::Unverified)?.public().id();
        Ok(SignedCheckpoint { checkpoint: self, key_id, note })
    }
}

/// A checkpoint and the note that it was read from or written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Which of the log's keys signed it.
    pub key_id: u32,
    /// The whole text, signatures included.
    pub note: String,
}

impl SignedCheckpoint {
    /// Reads a note that at least one of `keys` must have signed, and whose origin is that key's name.
    ///
    /// # Errors
    /// When it cannot be trusted.
    pub fn open(note: &str, keys: &[PublicKey]) -> Result<Self, CheckpointError> {
        let (text, signers) = note::open(note, keys)?;
        let checkpoint = Checkpoint::parse(text)?;
        let signer = signers.iter().find(|key| key.name() == checkpoint.origin);
        match (signer, signers.first()) {
            (Some(key), _) => Ok(Self { checkpoint, key_id: key.id(), note: note.to_owned() }),
            (None, Some(key)) => Err(CheckpointError::Origin {
                origin: checkpoint.origin,
                signer: key.name().to_owned(),
            }),
            (None, None) => Err(NoteError::Unverified.into()),
        }
    }
}
