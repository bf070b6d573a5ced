//! Files that are there whole or not at all, and whose owner alone may read them (mode 0600): signed states, evidence,
//! checkpoints. Nothing is written through a symbolic link, which somebody else may have put in the way, nor into a
//! device.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Puts a file at `path`, in the place of an older one. When this returns, file and name are on the disk; when it fails or
/// the machine stops, the older one is still there.
///
/// # Errors
/// When something else than a regular file is there, or the directory cannot be written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    refuse_others(path)?;
    let unfinished = unfinished(path)?;
    // Left behind by a crash. `create_new` below never opens what is there, link or not.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_new(&unfinished, content).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written?;
    File::open(directory_of(path))?.sync_all()
}

/// Makes a file that must not be there yet.
///
/// # Errors
/// When something is there, or the directory cannot be written to.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create_new(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// An empty file that must not be there yet, open for writing.
///
/// # Errors
/// When something is there, a symbolic link included, or the directory cannot be written to.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// An empty file in the place of an older one, open for writing: for what is to be kept as far as it came.
///
/// # Errors
/// When something else than a regular file is there, or the directory cannot be written to.
pub fn create(path: &Path) -> io::Result<File> {
    refuse_others(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => create_new(path),
    }
}

/// Refuses a path at which there is something else than a regular file.
///
/// # Errors
/// When there is; the text says what.
pub fn refuse_others(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?.file_type(),
    };
    if found.is_file() {
        return Ok(());
    }
    let kind = if found.is_symlink() { "a symbolic link" } else { "not a regular file" };
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("it is {kind}; nothing was written")))
}

/// The directory that a path's last part is in.
#[must_use]
pub fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Beside the file, since a rename does not cross file systems.
fn unfinished(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "the path ends without a file's name")
    })?;
    let mut unfinished = std::ffi::OsString::from(".");
    unfinished.push(name);
    unfinished.push(".unfinished");
    Ok(path.with_file_name(unfinished))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, symlink};

    #[test]
    fn a_file_is_replaced_whole_for_its_owner_alone_and_never_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("evidence.json");
        fs::write(&path, "an older one").unwrap();
        fs::write(dir.path().join(".evidence.json.unfinished"), "of a crash").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);

        let (link, target) = (dir.path().join("link"), dir.path().join("target"));
        fs::write(&target, "of somebody else").unwrap();
        for pointed in [&target, &dir.path().join("nowhere")] {
            symlink(pointed, &link).unwrap();
            let error = replace(&link, b"new").unwrap_err();
            assert!(error.to_string().contains("symbolic link"), "{error}");
            assert!(write_new(&link, b"new").is_err() && create(&link).is_err());
            fs::remove_file(&link).unwrap();
        }
        assert_eq!(fs::read(&target).unwrap(), b"of somebody else");
        assert!(
            replace(dir.path(), b"new").is_err() && replace(Path::new("/dev/null"), b"").is_err()
        );
    }
}
