//! The passwords of a private server: one that is made once and kept, and one for each role derived
//! from it, so that a service which holds its own learns nothing about the superuser's.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use sha2::{Digest, Sha256};

/// The superuser's password.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// Makes one and [`keep`](Self::keep)s it.
    pub(crate) fn make(path: &Path) -> anyhow::Result<Self> {
        Self(random()).keep(path)
    }

    /// Writes it to `path`, readable by its owner only.
    pub(crate) fn keep(self, path: &Path) -> anyhow::Result<Self> {
        std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(self.0.as_bytes()))
            .with_context(|| format!("write `{}`", path.display()))?;
        Ok(self)
    }

    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let secret = std::fs::read_to_string(path)
            .with_context(|| format!("read the superuser's password from `{}`", path.display()))?;
        Ok(Self(secret.trim().to_owned()))
    }

    pub(crate) fn of_superuser(&self) -> &str {
        &self.0
    }

    pub(crate) fn of_role(&self, role: &str) -> String {
        hex(&Sha256::digest(format!("{}/{role}", self.0)))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// 244 random bits from the operating system, in hex.
pub(crate) fn random() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
