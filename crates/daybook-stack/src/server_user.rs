//! Whose rights the servers run with.
//!
//! PostgreSQL refuses to run as root, and Redis has no need to. An owner that is root hands both to an
//! unprivileged user, `postgres` where the distribution made one, else `nobody`; any other owner runs
//! them as itself.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// An unprivileged user that root hands its servers to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ServerUser {
    name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl ServerUser {
    /// The user to change to; none when the owner is not root and so keeps its own.
    pub(crate) fn choose() -> anyhow::Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
        let user = find(&accounts, "postgres").or_else(|| find(&accounts, "nobody"));
        user.map(Some).context(
            "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to \
             run it as: make one, or run this as an ordinary user",
        )
    }

    /// Gives `path` and everything below it to this user.
    pub(crate) fn own(&self, path: &Path) -> anyhow::Result<()> {
        let kind = std::fs::symlink_metadata(path)
            .with_context(|| format!("look at `{}`", path.display()))?
            .file_type();
        if kind.is_symlink() {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .with_context(|| format!("give `{}` to user `{}`", path.display(), self.name))?;
        if kind.is_dir() {
            let entries =
                std::fs::read_dir(path).with_context(|| format!("list `{}`", path.display()))?;
            for entry in entries {
                self.own(&entry.with_context(|| format!("list `{}`", path.display()))?.path())?;
            }
        }
        Ok(())
    }

    /// Refuses a directory that this user cannot get into, and names the closed one on the way.
    fn check_reach(&self, dir: &Path) -> anyhow::Result<()> {
        let dir = dir.canonicalize().with_context(|| format!("find `{}`", dir.display()))?;
        let mut outermost_first: Vec<&Path> = dir.ancestors().collect();
        outermost_first.reverse();
        for ancestor in outermost_first {
            if !self.may_enter(ancestor)? {
                bail!(
                    "`{}` cannot be used: as root, the servers run as user `{}`, to whom `{}` is \
                     closed. Choose a directory elsewhere, for instance below /var/lib, open that one \
                     with `chmod o+x {}`, or run this as an ordinary user",
                    dir.display(),
                    self.name,
                    ancestor.display(),
                    ancestor.display(),
                );
            }
        }
        Ok(())
    }

    fn may_enter(&self, dir: &Path) -> anyhow::Result<bool> {
        let metadata =
            std::fs::metadata(dir).with_context(|| format!("look at `{}`", dir.display()))?;
        let mode = metadata.permissions().mode();
        let bit = if metadata.uid() == self.uid {
            0o100
        } else if metadata.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        Ok(mode & bit != 0)
    }
}

fn find(accounts: &str, name: &str) -> Option<ServerUser> {
    let fields = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))?;
    Some(ServerUser {
        name: name.to_owned(),
        uid: fields.get(2)?.parse().ok()?,
        gid: fields.get(3)?.parse().ok()?,
    })
}

/// Makes `dir`, with its parents, and checks that whoever runs the servers can get into it.
///
/// The mode of a directory that was there already is its owner's business and is not touched.
pub(crate) fn prepare_dir(dir: &Path, user: Option<&ServerUser>) -> anyhow::Result<PathBuf> {
    if !dir.exists() {
        std::fs::create_dir_all(dir).with_context(|| format!("make `{}`", dir.display()))?;
        // Open to pass through, whatever the umask is; what lies inside is closed by its own mode.
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o711))
            .with_context(|| format!("set the mode of `{}`", dir.display()))?;
    }
    let dir = dir.canonicalize().with_context(|| format!("find `{}`", dir.display()))?;
    if let Some(user) = user {
        user.check_reach(&dir)?;
    }
    Ok(dir)
}
