//! Where an export goes: stdout, or a file that takes the place of an older one only when it is whole and on the disk.

use std::fs::File;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use daybook_runtime::file;
use tempfile::NamedTempFile;

const BUFFER_BYTES: usize = 256 * 1024;

/// See the module.
pub(crate) enum Target {
    Stdout(BufWriter<Stdout>),
    /// The file beside the one that it will be. Dropped before it is done, it is removed.
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Target {
    /// `None`, or `-`: stdout.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stdout(BufWriter::with_capacity(BUFFER_BYTES, io::stdout())));
        };
        file::refuse_others(path)?;
        // In the same directory: a file system cannot rename to another one. Mode 0600, as tempfile makes them.
        let directory = file::directory_of(path);
        let unfinished =
            tempfile::Builder::new().prefix(".daybook-export-").tempfile_in(directory)?;
        Ok(Self::File(BufWriter::with_capacity(BUFFER_BYTES, unfinished), path.to_owned()))
    }

    /// Everything was written: a file gets its name, and is on the disk by then.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush(),
            Self::File(out, path) => {
                let written = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                written.as_file().sync_all()?;
                file::refuse_others(&path)?;
                written.persist(&path).map_err(|error| error.error)?;
                File::open(file::directory_of(&path))?.sync_all()
            }
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(out, _) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        std::fs::write(&path, "old").unwrap();
        let mut target = Target::open(Some(&path)).unwrap();
        target.write_all(b"half").unwrap();
        drop(target);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        let mut target = Target::open(Some(&path)).unwrap();
        target.write_all(b"whole").unwrap();
        target.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(
            Target::open(Some(&link)).is_err()
                && Target::open(Some(Path::new("/dev/null"))).is_err()
        );
    }
}
