//! The key on disk: read by its owner and nobody else, or not at all.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use daybook_proof::key::{KeyError, SEED_BYTES};
use daybook_proof::{KeyFile, PrivateKey};
use daybook_runtime::file;
use time::{Duration, OffsetDateTime};

/// Longest file that can be one: far more keys than a log will ever have had.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why there is no key. Never shows what stands in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be used.
    #[error("key file `{path}`")]
    Io {
        /// The key file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may read or write it.
    #[error(
        "key file `{path}` has mode {mode:04o}: others may read it; make it 0600, and the key anew if they have"
    )]
    Mode {
        /// The key file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It holds something else.
    #[error("key file `{path}` is malformed")]
    Malformed {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: KeyError,
    },
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] KeyError),
    /// The operating system has no random numbers.
    #[error("no random numbers for a key: {0}")]
    Random(getrandom::Error),
}

/// Reads the file, which must be its owner's alone.
///
/// # Errors
/// When it is not, or holds no keys.
pub fn load(path: &Path) -> Result<KeyFile, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    // Of the file that was opened: what stands at the path may have changed meanwhile.
    let mode = file.metadata().map_err(io)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Mode { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
    KeyFile::parse(&text)
        .map_err(|source| KeyFileError::Malformed { path: path.to_owned(), source })
}

/// Makes a key of that name and writes it to a file that must not exist yet.
///
/// # Errors
/// When it exists or cannot be written, or the name cannot be one.
pub fn generate(path: &Path, name: &str) -> Result<KeyFile, KeyFileError> {
    let keys = KeyFile::new(PrivateKey::from_seed(name, &seed()?)?);
    file::write_new(path, keys.secret_text().as_bytes())
        .map_err(|source| KeyFileError::Io { path: path.to_owned(), source })?;
    Ok(keys)
}

/// Gives the file a new key. The one before signs beside it for `overlap` and stays in the file, to verify with. Nothing is
/// lost whenever it is interrupted: the file is replaced as a whole.
///
/// # Errors
/// When it cannot be read or written, or too many keys would sign.
pub fn rotate(path: &Path, overlap: Duration) -> Result<KeyFile, KeyFileError> {
    let now = OffsetDateTime::now_utc();
    let keys = load(path)?.rotate(&seed()?, now + overlap, now)?;
    file::replace(path, keys.secret_text().as_bytes())
        .map_err(|source| KeyFileError::Io { path: path.to_owned(), source })?;
    Ok(keys)
}

fn seed() -> Result<[u8; SEED_BYTES], KeyFileError> {
    let mut seed = [0; SEED_BYTES];
    getrandom::fill(&mut seed).map_err(KeyFileError::Random)?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_read_back_and_rotated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let first = generate(&path, "ledger.example.com").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(load(&path).unwrap().public_keys(), first.public_keys());
        assert!(matches!(generate(&path, "other"), Err(KeyFileError::Io { .. })));

        let second = rotate(&path, Duration::ZERO).unwrap();
        assert_eq!(second.retired, first.public_keys());
        assert_ne!(second.private.public(), first.private.public());
        assert_eq!(load(&path).unwrap().public_keys(), second.public_keys());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        let third = rotate(&path, Duration::HOUR).unwrap();
        assert_eq!((third.replaced.len(), third.public_keys().len()), (1, 3));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_and_errors_hide_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        generate(&path, "ledger").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let error = load(&path).unwrap_err();
        assert!(error.to_string().contains("0640"), "{error}");

        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let secret = text.lines().find(|line| line.starts_with("PRIVATE")).unwrap();
        fs::write(&path, text.replace("+ledger+", "+ledgen+")).unwrap();
        let error = format!("{:?}", load(&path).unwrap_err());
        assert!(!error.contains(&secret[secret.len() - 40..]), "{error}");
    }
}
