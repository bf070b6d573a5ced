//! Real servers, started, stopped, killed and left behind.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is a failed test")]

mod owner;
mod postgres;
mod process;
mod redis;

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A directory that the servers of a root's test, which run as another user, can get into.
fn open_dir() -> TempDir {
    tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir()
        .expect("a temporary directory can be made")
}

/// Looks until it is so, for at most twenty seconds.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}: still not so");
        std::thread::sleep(Duration::from_millis(5));
    }
}
