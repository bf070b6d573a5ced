//! What this key signed last, in a file of the prover's own and in its memory: the only witness that whoever can change
//! the databases cannot change with them.
//!
//! A checkpoint is in the file, on the disk, before anything of it leaves the process: a crash at any moment leaves a file
//! that knows of everything that may have been seen. So it may be ahead of the database, and never behind what was signed.
//!
//! The file is the signed note itself. It begins with one of no events, so that a file that is missing is not mistaken for
//! a key that never signed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use daybook_proof::checkpoint::CheckpointError;
use daybook_proof::note::NoteError;
use daybook_proof::{Checkpoint, Hash, KeyFile, SignedCheckpoint};
use daybook_runtime::file;
use sha2::{Digest as _, Sha256};

/// Why there is no memory to sign by.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The directory, or a file in it, cannot be used.
    #[error("`{path}` cannot be used")]
    Io {
        /// The state file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process signs by it.
    #[error("the state directory `{0}` is in use by another prover; give each its own")]
    InUse(PathBuf),
    /// The key may have signed, and nothing says what.
    #[error(
        "`{path}` is missing, which says what `{origin}` signed last: where this key has signed before, bring the state \
         directory back; where it has not, or had no state directory yet, start once with --first"
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The key's name.
        origin: String,
    },
    /// Somebody else's, or damaged.
    #[error("`{path}` is not a checkpoint that a key of this key file signed")]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// The key's name cannot stand in a checkpoint.
    #[error(transparent)]
    Sign(#[from] NoteError),
    /// More was signed than the checkpoint that was to be signed has, or something else.
    #[error("{signed} events were signed already, and another history of {size} is not")]
    Behind {
        /// What was signed.
        signed: u64,
        /// What was to be.
        size: u64,
    },
}

/// What was signed last.
#[derive(Debug)]
pub(crate) struct Memory {
    path: PathBuf,
    last: SignedCheckpoint,
    /// One prover a directory: two would overwrite each other's.
    _lock: File,
}

impl Memory {
    /// Takes up the memory of these keys from `dir`; with `first` one is begun where there is none.
    pub(crate) fn open(dir: &Path, keys: &KeyFile, first: bool) -> Result<Self, MemoryError> {
        let origin = keys.private.public().name();
        let path = dir.join(file_name(origin));
        let missing = || MemoryError::Missing { path: path.clone(), origin: origin.to_owned() };
        if first {
            let io = |source| MemoryError::Io { path: dir.to_owned(), source };
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io)?;
        } else if !dir.exists() {
            return Err(missing());
        }
        let lock = lock(dir)?;
        let last = match fs::read_to_string(&path) {
            Ok(note) => {
                if first {
                    tracing::warn!(
                        "--first has no effect any more; without it a lost state directory is noticed"
                    );
                }
                SignedCheckpoint::open(&note, &keys.public_keys())
                    .map_err(|source| MemoryError::Untrusted { path: path.clone(), source })?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && first => begin(&path, keys)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(source) => return Err(MemoryError::Io { path, source }),
        };
        Ok(Self { path, last, _lock: lock })
    }

    /// What was signed last; of no events: nothing yet.
    pub(crate) fn last(&self) -> &SignedCheckpoint {
        &self.last
    }

    /// Where it is kept.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a checkpoint; when this returns, it is on the disk.
    pub(crate) async fn keep(&mut self, signed: &SignedCheckpoint) -> Result<(), MemoryError> {
        if *signed == self.last {
            return Ok(());
        }
        let (before, next) = (&self.last.checkpoint, &signed.checkpoint);
        // Sessions see to that; this is the last door.
        if next.size < before.size || next.size == before.size && next.root != before.root {
            return Err(MemoryError::Behind { signed: before.size, size: next.size });
        }
        let (path, note) = (self.path.clone(), signed.note.clone());
        let written = tokio::task::spawn_blocking(move || file::replace(&path, note.as_bytes()));
        let written = written.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|source| MemoryError::Io { path: self.path.clone(), source })?;
        self.last = signed.clone();
        Ok(())
    }
}

/// A memory of nothing.
fn begin(path: &Path, keys: &KeyFile) -> Result<SignedCheckpoint, MemoryError> {
    let origin = keys.private.public().name().to_owned();
    let nothing = Checkpoint { origin, size: 0, root: Hash::of_empty_tree() };
    let nothing = nothing.sign(&[&keys.private])?;
    file::replace(path, nothing.note.as_bytes())
        .map_err(|source| MemoryError::Io { path: path.to_owned(), source })?;
    tracing::warn!(path = %path.display(), "began to remember what is signed; start without --first from now on");
    Ok(nothing)
}

/// A name of its own for each log, whatever characters are in the log's.
fn file_name(origin: &str) -> String {
    let digest = Sha256::digest(origin.as_bytes());
    let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{short}.checkpoint")
}

/// Ends with the process, however that ends.
fn lock(dir: &Path) -> Result<File, MemoryError> {
    let path = dir.join("lock");
    let io = |source| MemoryError::Io { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(MemoryError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_proof::PrivateKey;

    fn keys(seed: u8) -> KeyFile {
        KeyFile::new(PrivateKey::from_seed("ledger", &[seed; 32]).unwrap())
    }

    fn signed(keys: &KeyFile, size: u64, root: u8) -> SignedCheckpoint {
        let root = Hash([root; 32]);
        let checkpoint = Checkpoint { origin: "ledger".to_owned(), size, root };
        checkpoint.sign(&[&keys.private]).unwrap()
    }

    #[tokio::test]
    async fn what_was_kept_is_there_after_a_restart_and_is_never_less() {
        let dir = tempfile::tempdir().unwrap();
        let (dir, keys) = (dir.path().join("state"), keys(1));
        let missing = Memory::open(&dir, &keys, false).unwrap_err();
        assert!(missing.to_string().contains("--first"), "{missing}");
        let mut memory = Memory::open(&dir, &keys, true).unwrap();
        assert_eq!(memory.last().checkpoint.size, 0);
        assert!(matches!(Memory::open(&dir, &keys, false), Err(MemoryError::InUse(_))));
        memory.keep(&signed(&keys, 7, 1)).await.unwrap();
        drop(memory);

        let mut memory = Memory::open(&dir, &keys, false).unwrap();
        assert_eq!(*memory.last(), signed(&keys, 7, 1));
        for (size, root) in [(6, 1), (7, 2)] {
            let refused = memory.keep(&signed(&keys, size, root)).await;
            assert!(matches!(refused, Err(MemoryError::Behind { signed: 7, .. })), "{refused:?}");
        }
        // A rotated key signs the same once more.
        let rotated = keys.rotate(
            &[2; 32],
            time::OffsetDateTime::UNIX_EPOCH,
            time::OffsetDateTime::UNIX_EPOCH,
        );
        let rotated = rotated.unwrap();
        memory.keep(&signed(&rotated, 7, 1)).await.unwrap();
        drop(memory);
        assert_eq!(Memory::open(&dir, &rotated, true).unwrap().last().checkpoint.size, 7);
    }

    #[test]
    fn what_another_key_signed_is_no_memory() {
        let dir = tempfile::tempdir().unwrap();
        drop(Memory::open(dir.path(), &keys(1), true).unwrap());
        for first in [false, true] {
            let refused = Memory::open(dir.path(), &keys(2), first);
            assert!(matches!(refused, Err(MemoryError::Untrusted { .. })), "{refused:?}");
        }
    }
}
