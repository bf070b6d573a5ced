//! One owner a directory: two must never start a server over the same data.
//!
//! The lock is the kernel's, on an open file, and so ends with its owner however that dies. Children
//! do not inherit it; but one that is being started closes its copy only a moment after its parent goes
//! on, and may outlive a killed parent by that. So a lock that is taken is tried again for a while.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Long against the moment that a starting child takes, short for somebody who waits for the message.
const PATIENCE: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Held for as long as a directory is owned.
#[derive(Debug)]
pub(crate) struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    /// Takes ownership of `dir`, or says who has it.
    pub(crate) fn take(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join("owner.lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(|| format!("open `{}`", path.display()))?;
        let started = Instant::now();
        let taken = loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    std::thread::sleep(POLL_INTERVAL);
                }
                other => break other,
            }
        };
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = file.read_to_string(&mut owner);
                bail!("`{}` is in use by process {}", dir.display(), owner.trim());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("lock `{}`", path.display()));
            }
        }
        // For the message above only; that it may be stale or missing harms nothing.
        let _ = file.set_len(0).and_then(|()| file.rewind());
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self { _file: file })
    }
}
