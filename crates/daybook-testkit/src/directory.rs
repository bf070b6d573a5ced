//! Where tests keep their servers: one directory a user, below the system's directory for temporary
//! files, which is on a real disk where that matters (fsync on a memory file system proves nothing).
//!
//! It holds the cached template of a PostgreSQL and one directory for each running test, named after its
//! process. What a killed test left is removed by the next one.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::{Context, bail};
use tempfile::TempDir;

/// A directory for one server, removed on drop, that the user who runs the servers can get into.
pub(crate) fn for_one_server(kind: &str) -> anyhow::Result<TempDir> {
    let base = of_this_user()?;
    static SWEEP: Once = Once::new();
    SWEEP.call_once(|| remove_what_killed_tests_left(&base));
    let prefix = format!("test-{}-{kind}-", std::process::id());
    let dir = tempfile::Builder::new()
        .prefix(&prefix)
        // Servers of a root's test run as another user, who must be able to pass through.
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir_in(&base)
        .with_context(|| format!("make a directory in `{}`", base.display()))?;
    Ok(dir)
}

/// The directory that all tests of this user share.
pub(crate) fn of_this_user() -> anyhow::Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let dir = std::env::temp_dir().join(format!("daybook-testkit-{user}"));
    std::fs::create_dir_all(&dir).with_context(|| format!("make `{}`", dir.display()))?;
    let owner = std::fs::symlink_metadata(&dir)
        .with_context(|| format!("look at `{}`", dir.display()))?
        .uid();
    if owner != user {
        bail!("`{}` belongs to user {owner}, not to us", dir.display());
    }
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o711))
        .with_context(|| format!("set the mode of `{}`", dir.display()))?;
    Ok(dir)
}

/// Removes directories of processes that are gone. One whose process id was given to somebody else
/// stays until that one has gone too.
fn remove_what_killed_tests_left(base: &Path) {
    let Ok(entries) = std::fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let owner = entry
            .file_name()
            .to_str()
            .and_then(|name| name.strip_prefix("test-")?.split('-').next()?.parse::<u32>().ok());
        let gone = owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
        if gone {
            // Another test may be removing it too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
