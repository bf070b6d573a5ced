//! Where the program remembers something from one run to the next: `$XDG_STATE_HOME/daybook`, or `~/.local/state/daybook`.
//!
//! What is kept here only saves trouble. It may be deleted at any time, and is no part of the log.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The directory, which need not exist.
///
/// # Errors
/// Neither variable names an absolute path.
pub(crate) fn state_dir() -> io::Result<PathBuf> {
    let absolute =
        |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("daybook"))
        .ok_or_else(|| io::Error::other("neither XDG_STATE_HOME nor HOME is set"))
}

/// Puts a file in place of an older one, whole or not at all, readable by its owner only.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
